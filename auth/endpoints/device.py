"""``/device``: a person types the code that a device shows, and says yes or no (RFC 8628 §3.3).

A code that comes with the address is only filled in: whoever sent the address may be a stranger (§5.4).
"""

from __future__ import annotations

from math import ceil
from urllib.parse import quote

from flask import Flask, Response, request

from auth.endpoints.authorize import client_of
from auth.people.answers import forged, is_from_here, page_view, see_other
from auth.people.forms import form_token, is_token
from auth.people.names import name_of, person_of
from auth.people.person import Person
from auth.services import Services
from auth.tokens.scopes import scopes_of_user
from weir.models.auth.records import OAuthClient
from weir.store.attempts import Bound
from weir.store.login_throttle import counted_as
from weir.store.oauth.devices import (
    Decision,
    DeviceRecord,
    plain_user_code,
    shown_user_code,
)
from weir.store.oauth.questions import Question

PAGE = "/device"
DECIDE = "/device/decision"
MOST_GUESSED_BY_PERSON = 5
MOST_GUESSED_BY_ADDRESS = 20
"""Wrong user codes in a minute. While 10 000 devices wait, somebody who guesses all the time meets one a year."""
MINUTE_MS = 60_000
STATUSES = {"device-unknown": 400, "wait": 429, "too-old": 403}


def add(app: Flask, services: Services) -> None:
    app.add_url_rule(
        PAGE, "device", page_view(services.people.pages, lambda: device(services)), methods=["GET", "POST"]
    )
    app.add_url_rule(
        DECIDE,
        "device_decision",
        page_view(services.people.pages, lambda: decide(services)),
        methods=["POST"],
    )


def device(services: Services) -> Response:
    people = services.people
    typed = (request.args if request.method == "GET" else request.form).get("user_code", "")
    person = people.people.of(request)
    if person is None:
        code = plain_user_code(typed)
        on = f"{PAGE}?user_code={code}" if code else PAGE
        return see_other(f"{people.base}/login?next={quote(on, safe='')}")
    if request.method == "GET":
        return page(services, person, typed)
    if not is_from_here(services.site.hosts) or not is_token(
        request.form.get("csrf", ""), person.secret, "device"
    ):
        return forged(people.pages)
    return _looked_up(services, person, typed)


def page(services: Services, person: Person, typed: str, *, problem: str = "", wait_s: int = 0) -> Response:
    code = plain_user_code(typed)
    answer = services.people.pages.render(
        "device.html",
        status=STATUSES.get(problem, 200),
        csrf=form_token(person.secret, "device"),
        user_code=shown_user_code(code) if code else typed[:32] if problem else "",
        user=person_of(person.user),
        problem=problem,
        wait_s=wait_s,
    )
    if wait_s:
        answer.headers["Retry-After"] = str(wait_s)
    return answer


def _looked_up(services: Services, person: Person, typed: str) -> Response:
    """Which device it is, and whether the person wants it. Guesses are counted before they are judged."""
    people, code = services.people, plain_user_code(typed)
    if not code:
        return page(services, person, typed, problem="device-unknown")
    bounds = (
        Bound(f"guess-person {person.user.name}", MOST_GUESSED_BY_PERSON, MINUTE_MS),
        Bound(f"guess-address {counted_as(request.remote_addr or '')}", MOST_GUESSED_BY_ADDRESS, MINUTE_MS),
    )
    if wait_ms := people.attempts.take(*bounds):
        return page(services, person, typed, problem="wait", wait_s=ceil(wait_ms / 1000))
    found = people.devices.find(code)
    client = client_of(services, found[1].client) if found else None
    if found is None or client is None or client.disabled:
        return page(services, person, typed, problem="device-unknown")
    people.attempts.take_back(*bounds)
    return _ask_person(services, person, client, found, code)


def _ask_person(
    services: Services, person: Person, client: OAuthClient, found: tuple[str, DeviceRecord], code: str
) -> Response:
    people, (device_id, record) = services.people, found
    scopes = scopes_of_user(record.scopes, person.user.scopes)
    question = Question(client=client.id, scopes=scopes, device=device_id, user_code=code)
    question_id = people.questions.ask(person.login.id, question)
    return people.pages.render(
        "consent.html",
        client=name_of(client),
        scopes=scopes,
        place="",
        place_kind="",
        action=DECIDE,
        csrf=form_token(person.secret, f"device {question_id}"),
        question=question_id,
        user=person_of(person.user),
        again=f"{PAGE}?user_code={code}",
        device_code=shown_user_code(code),
    )


def decide(services: Services) -> Response:
    people = services.people
    question_id, decision = request.form.get("question", ""), request.form.get("decision", "")
    person = people.people.of(request) if is_from_here(services.site.hosts) else None
    if (
        person is None
        or decision not in ("allow", "deny")
        or not is_token(request.form.get("csrf", ""), person.secret, f"device {question_id}")
    ):
        return forged(people.pages)
    question = people.questions.take(person.login.id, question_id)
    if question is None or not question.device:
        return people.pages.message("question-gone-title", "question-gone", status=400)
    return _decided(services, person, question, is_allowed=decision == "allow")


def _decided(services: Services, person: Person, question: Question, *, is_allowed: bool) -> Response:
    people = services.people
    if is_allowed:
        word = Decision(
            user=person.user.name,
            login=person.login.id,
            auth_ms=person.login.record.auth_ms,
            sid=person.login.record.sid,
            allowed_ms=person.login.now_ms,
        )
        done = people.devices.approve(question.device, question.user_code, word)
    else:
        done = people.devices.deny(question.device, question.user_code)
    if not done:
        return people.pages.message("question-gone-title", "device-gone", status=400)
    text = "device-allowed" if is_allowed else "device-denied"
    return people.pages.message("device-done-title", text)
