"""``/oauth2/consent``: the person's word on what an application asks for."""

from __future__ import annotations

from flask import Flask, Response, request

from auth.endpoints.authorize import CONSENT, client_of
from auth.people.answers import forged, is_from_here, not_possible, page_view
from auth.people.asked import Refused
from auth.people.forms import is_token
from auth.people.granting import allowed, refused
from auth.people.redirects import is_registered
from auth.services import Services
from weir.store.oauth.questions import Question

DECISIONS = ("allow", "deny")


def add(app: Flask, services: Services) -> None:
    app.add_url_rule(
        CONSENT, "consent", page_view(services.people.pages, lambda: consent(services)), methods=["POST"]
    )


def consent(services: Services) -> Response:
    people = services.people
    question_id, decision = request.form.get("question", ""), request.form.get("decision", "")
    person = people.people.of(request) if is_from_here(services.site.hosts) else None
    if (
        person is None
        or decision not in DECISIONS
        or not is_token(request.form.get("csrf", ""), person.secret, f"consent {question_id}")
    ):
        return forged(people.pages)
    question = people.questions.take(person.login.id, question_id)
    if question is None or question.device:
        return people.pages.message("question-gone-title", "question-gone", status=400)
    if problem := problem_of(services, question):
        return not_possible(people.pages, problem)
    if decision == "deny":
        no = Refused("access_denied", "the person does not allow it")
        return refused(no, question.redirect_uri, question.state, services.issuer)
    people.consents.give(person.user.name, question.client, question.scopes, since_ms=person.user.created_ms)
    return allowed(services, question, person)


def problem_of(services: Services, question: Question) -> str:
    """What has changed since the person was asked; empty: nothing that matters."""
    client = client_of(services, question.client)
    if client is None or client.disabled or "authorization_code" not in client.grants:
        return "The application is not registered any more."
    if not is_registered(question.redirect_uri, client.redirect_uris):
        return "The redirect_uri of the request is not registered any more."
    if not set(question.scopes) <= set(client.scopes):
        return "The application may not ask for this any more."
    return ""
