"""What becomes of a person's word: a code for the application, or its error."""

from __future__ import annotations

from flask import Response

from auth.people.answers import to_client
from auth.people.asked import Refused
from auth.people.person import Person
from weir.store.oauth.codes import CodeRecord, Codes
from weir.store.oauth.questions import Question


def allowed(codes: Codes, question: Question, person: Person, issuer: str) -> Response:
    """Leads the browser to the application with a code."""
    code = codes.make(
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
        )
    )
    if not code:
        full = Refused("temporarily_unavailable", "too many codes wait to be redeemed")
        return refused(full, question.redirect_uri, question.state, issuer)
    return to_client(question.redirect_uri, issuer, [("code", code), ("state", question.state)])


def refused(error: Refused, redirect_uri: str, state: str, issuer: str) -> Response:
    """Leads the browser to the application with an error (RFC 6749 §4.1.2.1)."""
    parameters = [("error", error.error), ("error_description", str(error)), ("state", state)]
    return to_client(redirect_uri, issuer, parameters)
