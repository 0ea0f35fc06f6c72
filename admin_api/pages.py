"""What is not part of the API: health for probes, the first page, and the one-time link."""

from __future__ import annotations

from flask import Flask, Response, request

from admin_api.access.cookies import set_cookie
from admin_api.access.credentials import Credentials
from admin_api.call import ANONYMOUS, Answer
from admin_api.dispatch import Journal, address_of, entry_of
from admin_api.problems import FAULT, refusal_of
from admin_api.services import Services
from weir.api.operations import by_id
from weir.store.errors import StoreError

FIRST_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Weir</title>
<h1>Weir</h1>
<p>This is the admin API of a Weir gateway. The dashboard is not built yet.</p>
<ul>
<li><a href="/api/v1/openapi.json">What the API can do</a> (OpenAPI)</li>
<li><a href="/api/v1/session">Who you are</a></li>
</ul>
<p>On the command line: <code>weir login</code>, then <code>weir status</code>.</p>
</html>
"""


def add_pages(app: Flask, services: Services, journal: Journal) -> None:
    app.add_url_rule("/healthz", "healthz", lambda: plain(200, "ok"))
    app.add_url_rule("/readyz", "readyz", lambda: readiness(services))
    app.add_url_rule("/", "first_page", lambda: Response(FIRST_PAGE, content_type="text/html; charset=utf-8"))
    app.add_url_rule("/login", "login", lambda: login(services, journal))


def readiness(services: Services) -> Response:
    """Whether the store answers: without it there is nothing to do here."""
    try:
        services.client.call("EXISTS", services.keys.head())
    except StoreError:
        return plain(503, "store away")
    return plain(200, "ok")


def login(services: Services, journal: Journal) -> Response:
    """Exchanges a one-time link for a session, and goes to the first page."""
    operation = by_id()["sessions.create"]
    credentials = Credentials(services.tokens, services.links, services.throttle)
    try:
        token = credentials.of_link(request.args.get("link", "")[:256], address_of(request))
        secret, _ = services.sessions.begin(token.id)
    except Exception as error:
        refusal = refusal_of(error) or FAULT
        journal.note(entry_of(operation, ANONYMOUS, None, Answer(status=refusal.status), refusal.code))
        raise
    noted = Answer(audit={"actor": token.name, "token": token.id})
    journal.note(entry_of(operation, ANONYMOUS, None, noted, ""))
    cookie = set_cookie(secret, secure=services.secure_cookies)
    return Response(status=303, headers={"Location": "/", "Set-Cookie": cookie})


def plain(status: int, text: str) -> Response:
    return Response(text + "\n", status=status, content_type="text/plain; charset=utf-8")
