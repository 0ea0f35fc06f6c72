"""``/login``: a name and a password, then on to where the person came from."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from flask import Flask, Response, request

from auth.endpoints.authorize import PATH, client_of
from auth.people.answers import forged, is_from_here, page_view, see_other
from auth.people.asked import Asked, NotToClient, Refused, read_asked
from auth.people.cookies import (
    MAX_VALUE,
    SESSION,
    SIGN_IN,
    cookie_name,
    no_sign_in_cookie,
    session_cookie,
    sign_in_cookie,
)
from auth.people.forms import form_token, is_token
from auth.people.hashing import Busy
from auth.people.names import name_of
from auth.people.onward import onward
from auth.people.redirects import form_source
from auth.people.sign_in import stamp_of
from auth.services import Services
from weir.models.auth.records import User
from weir.models.auth.secret_text import hash_of, random_text

PURPOSE = "sign-in"
STATUSES = {"wrong": 403, "missing": 400, "too-old": 400, "wait": 429, "busy": 503}


def add(app: Flask, services: Services) -> None:
    app.add_url_rule(
        "/login", "login", page_view(services.people.pages, lambda: login(services)), methods=["GET", "POST"]
    )


def login(services: Services) -> Response:
    if request.method == "GET":
        return page(services, onward(request.args.get("next", "")))
    if not is_from_here(services.site.hosts):
        return forged(services.people.pages)
    return _signed_in(services, onward(request.form.get("next", "")))


def _signed_in(services: Services, on: str) -> Response:
    name, password = request.form.get("username", "").strip(), request.form.get("password", "")
    secret = _cookie(services, SIGN_IN)
    if not secret or not is_token(request.form.get("csrf", ""), secret, PURPOSE):
        return page(services, on, problem="too-old", username=name)
    if not name or not password:
        return page(services, on, problem="missing", username=name)
    try:
        tried = services.people.sign_in.attempt(name, password, request.remote_addr or "")
    except Busy:
        services.metrics.signed_in("busy")
        return page(services, on, problem="busy", username=name, wait_s=2)
    services.metrics.signed_in(tried.verdict)
    if tried.user is None:
        return page(services, on, problem=tried.verdict, username=name, wait_s=tried.wait_s)
    return _begun(services, tried.user, on)


def _begun(services: Services, user: User, on: str) -> Response:
    """A new session, whatever the browser had before: nobody can prepare one for somebody else."""
    people = services.people
    before = _cookie(services, SESSION)
    secret, _ = people.logins.begin(
        user.name, stamp_of(user), answered=hash_of(on), before=hash_of(before) if before else ""
    )
    answer = see_other(people.base + on)
    answer.headers.add("Set-Cookie", session_cookie(secret, secure=people.secure))
    answer.headers.add("Set-Cookie", no_sign_in_cookie(secure=people.secure))
    return answer


def page(services: Services, on: str, *, problem: str = "", username: str = "", wait_s: int = 0) -> Response:
    people = services.people
    secret = _cookie(services, SIGN_IN) or random_text(43)
    asked = asked_behind(services, on)
    answer = people.pages.render(
        "login.html",
        status=STATUSES.get(problem, 200),
        leads_to=form_source(asked.redirect_uri) if asked else "",
        client=name_of(asked.client) if asked else "",
        csrf=form_token(secret, PURPOSE),
        next=on,
        username=username[:128] or (asked.login_hint if asked else ""),
        problem=problem,
        field_problem=problem in ("wrong", "missing"),
        wait_s=wait_s,
    )
    answer.headers.add("Set-Cookie", sign_in_cookie(secret, secure=people.secure))
    if wait_s:
        answer.headers["Retry-After"] = str(wait_s)
    return answer


def asked_behind(services: Services, on: str) -> Asked | None:
    """The application's request that the person is going on to, if it is one that may be answered."""
    parts = urlsplit(on)
    if parts.path != PATH:
        return None
    try:
        return read_asked(parse_qsl(parts.query), lambda name: client_of(services, name), services.issuer)
    except (NotToClient, Refused, ValueError):
        return None


def _cookie(services: Services, name: str) -> str:
    value = request.cookies.get(cookie_name(name, secure=services.people.secure), "")
    return value if len(value) <= MAX_VALUE else ""
