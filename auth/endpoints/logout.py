"""``/logout``: signing out, by a person or as an application asks (OIDC RP-Initiated Logout 1.0); always after asking.

Tokens that applications have stay good: they end by themselves, or are revoked.
"""

from __future__ import annotations

from urllib.parse import quote

from flask import Flask, Response, request
from werkzeug.datastructures import MultiDict

from auth.endpoints.authorize import client_of
from auth.people.answers import address_with, forged, is_from_here, page_view, see_other
from auth.people.cookies import no_session_cookie
from auth.people.forms import form_token, is_token
from auth.people.names import person_of
from auth.people.redirects import form_source
from auth.services import Services

PATH = "/logout"
PURPOSE = "sign-out"
MAX_STATE = 2048


def add(app: Flask, services: Services) -> None:
    app.add_url_rule(
        PATH, "logout", page_view(services.people.pages, lambda: logout(services)), methods=["GET", "POST"]
    )


def logout(services: Services) -> Response:
    if request.method == "GET":
        return _ask(services)
    if "csrf" not in request.form:
        # An application's form: read again as a GET, which brings the session along.
        return see_other(services.people.base + address_with(PATH, request.form))
    return _end(services)


def _ask(services: Services) -> Response:
    people = services.people
    person = people.people.of(request)
    client_id, goes_to = destination(services, request.args)
    if person is None:
        return _gone(services, goes_to, request.args.get("state", ""))
    return people.pages.render(
        "logout.html",
        leads_to=form_source(goes_to) if goes_to else "",
        csrf=form_token(person.secret, PURPOSE),
        user=person_of(person.user),
        client_id=client_id,
        redirect_uri=goes_to,
        state=request.args.get("state", "")[:MAX_STATE],
    )


def _end(services: Services) -> Response:
    people = services.people
    person = people.people.of(request)
    if person is None:
        return _gone(services, "", "")
    if not is_from_here(services.site.hosts) or not is_token(request.form["csrf"], person.secret, PURPOSE):
        return forged(people.pages)
    people.logins.end(person.user.name, person.login.id)
    _, goes_to = destination(services, request.form)
    return _gone(services, goes_to, request.form.get("state", ""))


def destination(services: Services, values: MultiDict[str, str]) -> tuple[str, str]:
    """The application, and where it wants the person to go: an address that it has registered for that, or nowhere."""
    client_id = values.get("client_id", "")
    if hint := values.get("id_token_hint", ""):
        claims = services.signing.verify(hint, "JWT")
        audience = str(claims.get("aud", "")) if claims else ""
        if not audience or client_id not in ("", audience):
            return "", ""
        client_id = audience
    client = client_of(services, client_id) if client_id else None
    asked = values.get("post_logout_redirect_uri", "")
    if client is None or client.disabled:
        return "", ""
    return client.id, asked if asked in client.post_logout_redirect_uris else ""


def _gone(services: Services, goes_to: str, state: str) -> Response:
    people = services.people
    if goes_to:
        joint = "&" if "?" in goes_to else "?"
        shown = state[:MAX_STATE]
        answer = see_other(f"{goes_to}{joint}state={quote(shown, safe='')}" if shown else goes_to)
    else:
        answer = people.pages.message("signed-out-title", "signed-out")
    answer.headers.add("Set-Cookie", no_session_cookie(secure=people.secure))
    return answer
