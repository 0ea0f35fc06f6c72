"""``/``: a person's own page, with the applications that they allowed; ``/applications`` takes that back."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask, Response, request

from auth.endpoints.authorize import client_of
from auth.endpoints.logout import PURPOSE as SIGN_OUT
from auth.people.answers import forged, is_from_here, page_view, see_other
from auth.people.forms import form_token, is_token
from auth.people.names import name_of, person_of
from auth.people.person import Person
from auth.services import Services

PURPOSE = "applications"


def add(app: Flask, services: Services) -> None:
    app.add_url_rule("/", "home", page_view(services.people.pages, lambda: home(services)))
    app.add_url_rule(
        "/applications",
        "applications",
        page_view(services.people.pages, lambda: take_back(services)),
        methods=["POST"],
    )
    app.add_url_rule("/pages/weir.css", "style", services.people.pages.stylesheet)


def home(services: Services) -> Response:
    person = services.people.people.of(request)
    if person is None:
        return see_other(f"{services.people.base}/login?next=%2F")
    return _page(services, person)


def take_back(services: Services) -> Response:
    """What the application may, with all its refresh tokens and access tokens of this person's."""
    people = services.people
    person = people.people.of(request)
    client_id = request.form.get("client", "")[:128]
    if (
        person is None
        or not is_from_here(services.site.hosts)
        or not is_token(request.form.get("csrf", ""), person.secret, PURPOSE)
    ):
        return forged(people.pages)
    people.consents.revoke(person.user.name, client_id)
    if client_id:
        services.families.revoke_all(person.user.name, client_id)
    return _page(services, person, taken_back=_name(services, client_id) or client_id)


def _page(services: Services, person: Person, *, taken_back: str | None = None) -> Response:
    people = services.people
    applications = [
        {
            "client": client_id,
            "name": _name(services, client_id),
            "scopes": consent.scopes,
            "date": datetime.fromtimestamp(consent.given_ms / 1000, UTC).date().isoformat(),
        }
        for client_id, consent in people.consents.all(person.user.name).items()
        if consent.given_ms >= person.user.created_ms
    ]
    return people.pages.render(
        "home.html",
        user=person_of(person.user),
        applications=applications,
        taken_back=taken_back,
        csrf=form_token(person.secret, PURPOSE),
        sign_out_csrf=form_token(person.secret, SIGN_OUT),
    )


def _name(services: Services, client_id: str) -> str:
    client = client_of(services, client_id)
    return name_of(client) if client else ""
