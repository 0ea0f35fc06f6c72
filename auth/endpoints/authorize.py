"""``/oauth2/authorize``: an application leads a person here, who signs in and allows it, and goes back with a code."""

from __future__ import annotations

from urllib.parse import quote

from flask import Flask, Response, request

from auth.people.answers import address_with, not_possible, page_view, see_other
from auth.people.asked import Asked, NotToClient, Refused, read_asked
from auth.people.decide import next_step
from auth.people.forms import form_token
from auth.people.granting import allowed, refused
from auth.people.names import name_of, person_of
from auth.people.onward import onward
from auth.people.person import Person
from auth.people.redirects import form_source, place_of
from auth.services import Services
from auth.tokens.scopes import scopes_of_user
from weir.models.auth.records import OAuthClient
from weir.models.auth.secret_text import hash_of
from weir.store.oauth.questions import Question

PATH = "/oauth2/authorize"
CONSENT = "/oauth2/consent"


def add(app: Flask, services: Services) -> None:
    app.add_url_rule(
        PATH,
        "authorize",
        page_view(services.people.pages, lambda: authorize(services)),
        methods=["GET", "POST"],
    )


def authorize(services: Services) -> Response:
    people = services.people
    if request.method == "POST":
        # Read again as a GET, which brings the session along (OIDC Core §3.1.2.1 wants both methods).
        return see_other(people.base + address_with(PATH, request.form))
    try:
        asked = read_asked(
            request.args.items(multi=True), lambda name: client_of(services, name), services.issuer
        )
    except NotToClient as problem:
        return not_possible(people.pages, str(problem))
    except Refused as problem:
        return refused(problem, problem.redirect_uri, problem.state, services.issuer)
    try:
        return _answer(services, asked)
    except Refused as problem:
        return refused(problem, asked.redirect_uri, asked.state, services.issuer)


def client_of(services: Services, client_id: str) -> OAuthClient | None:
    """None for what no client may be called, too."""
    if not (client_id.isascii() and client_id.isprintable()):
        return None
    kept = services.clients.get(client_id)
    return kept.record if kept else None


def _answer(services: Services, asked: Asked) -> Response:
    """Raises ``Refused``."""
    people = services.people
    address = address_with(PATH, request.args)
    person = _meant(services, asked, people.people.of(request))
    covered = person is not None and people.consents.covers(
        person.user.name,
        asked.client.id,
        scopes_of_user(asked.scopes, person.user.scopes),
        since_ms=max(person.user.created_ms, asked.client.created_ms),
    )
    step = next_step(asked, person.login if person else None, hash_of(address), covered=covered)
    if step == "sign-in" or person is None:
        if onward(address) != address:
            raise Refused("invalid_request", "the request is too long to sign in for")
        return see_other(f"{people.base}/login?next={quote(address, safe='')}")
    question = question_of(asked, person)
    if step == "go-on":
        return allowed(services, question, person)
    return _ask(services, asked, question, person, address)


def _meant(services: Services, asked: Asked, person: Person | None) -> Person | None:
    """The person who is signed in, unless the application means another one (``id_token_hint``). Raises ``Refused``."""
    if not asked.id_token_hint:
        return person
    claims = services.signing.verify(asked.id_token_hint, "JWT")
    if claims is None or claims.get("aud") != asked.client.id:
        raise Refused("invalid_request", "id_token_hint is no ID token of this application")
    return person if person is not None and claims.get("sub") == person.user.name else None


def question_of(asked: Asked, person: Person) -> Question:
    """Raises ``Refused`` where the person may grant nothing of what is asked for."""
    scopes = scopes_of_user(asked.scopes, person.user.scopes)
    if asked.scopes and not scopes:
        raise Refused("access_denied", "this person may grant none of these scopes")
    return Question(
        client=asked.client.id,
        scopes=scopes,
        audiences=asked.audiences,
        redirect_uri=asked.redirect_uri,
        asked_uri=asked.asked_uri,
        state=asked.state,
        challenge=asked.challenge,
        nonce=asked.nonce,
    )


def _ask(services: Services, asked: Asked, question: Question, person: Person, address: str) -> Response:
    people = services.people
    question_id = people.questions.ask(person.login.id, question)
    place = place_of(asked.redirect_uri)
    return people.pages.render(
        "consent.html",
        leads_to=form_source(asked.redirect_uri),
        client=name_of(asked.client),
        scopes=question.scopes,
        place=place.name,
        place_kind=place.kind,
        action=CONSENT,
        csrf=form_token(person.secret, f"consent {question_id}"),
        question=question_id,
        user=person_of(person.user),
        again=address,
        device_code="",
    )
