"""What becomes of a person's word: a code for the application, or its error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response

from auth.people.answers import to_client
from auth.people.asked import Refused
from auth.people.person import Person
from weir.store.attempts import Bound
from weir.store.oauth.codes import CodeRecord
from weir.store.oauth.questions import Question

if TYPE_CHECKING:
    from auth.services import Services

MOST_OF_PERSON = 100
"""Codes in a minute: nobody uses up what all have together."""
MINUTE_MS = 60_000


def allowed(services: Services, question: Question, person: Person) -> Response:
    """Leads the browser to the application with a code."""
    people = services.people
    bounds = (
        Bound(f"code-person {person.user.name}", MOST_OF_PERSON, MINUTE_MS),
        Bound(f"code-login {person.login.id}", MOST_OF_PERSON, MINUTE_MS),
    )
    code = (
        ""
        if people.attempts.take(*bounds)
        else people.codes.make(
            CodeRecord(
                client=question.client,
                user=person.user.name,
                login=person.login.id,
                redirect_uri=question.asked_uri,
                scopes=question.scopes,
                audiences=question.audiences,
                challenge=question.challenge,
                nonce=question.nonce,
                auth_ms=person.login.record.auth_ms,
                sid=person.login.record.sid,
                allowed_ms=person.login.now_ms,
            )
        )
    )
    if not code:
        full = Refused("temporarily_unavailable", "too many codes are asked for")
        return refused(full, question.redirect_uri, question.state, services.issuer)
    return to_client(question.redirect_uri, services.issuer, [("code", code), ("state", question.state)])


def refused(error: Refused, redirect_uri: str, state: str, issuer: str) -> Response:
    """Leads the browser to the application with an error (RFC 6749 §4.1.2.1)."""
    parameters = [("error", error.error), ("error_description", str(error)), ("state", state)]
    return to_client(redirect_uri, issuer, parameters)
