"""Answers that lead a browser on, and the messages that every page may end in."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from urllib.parse import quote, urlencode

from flask import Response, request
from werkzeug.datastructures import MultiDict

from auth.pages.render import Pages
from weir.secrets.errors import SecretsError
from weir.serving.hosts import CrossSite, Hosts
from weir.serving.request_ids import request_id
from weir.store.errors import StoreError

log = logging.getLogger("weir.auth")


def page_view(pages: Pages, view: Callable[[], Response]) -> Callable[[], Response]:
    """A view whose reader is a person: that the store is away is said on a page, too."""

    def shown() -> Response:
        try:
            return view()
        except (StoreError, SecretsError) as error:
            log.warning("request %s: %s", request_id(), error)
            answer = pages.message("away-title", "away", status=503, request_id=request_id())
            answer.headers["Retry-After"] = "5"
            return answer

    return shown


def see_other(location: str) -> Response:
    """303: a form is never sent on to where the browser is led (RFC 9700 §4.12)."""
    return Response(status=303, headers={"Location": location})


def to_client(redirect_uri: str, issuer: str, parameters: Sequence[tuple[str, str]]) -> Response:
    """An authorization response, good or bad, always with ``iss``: it says whose answer it is (RFC 9207)."""
    pairs = [*((name, value) for name, value in parameters if value), ("iss", issuer)]
    joint = "&" if "?" in redirect_uri else "?"
    return see_other(f"{redirect_uri}{joint}{urlencode(pairs, quote_via=quote)}")


def address_with(path: str, values: MultiDict[str, str]) -> str:
    """A page of ours with its query in one plain form, whatever the browser's was."""
    pairs = [(name, value) for name, value in values.items(multi=True) if value]
    return f"{path}?{urlencode(pairs, quote_via=quote)}" if pairs else path


def is_from_here(hosts: Hosts) -> bool:
    """Whether the form that is sent stood on a page of this server, as far as the browser tells."""
    try:
        hosts.check_origin(request.host, request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site"))
    except CrossSite:
        return False
    return True


def forged(pages: Pages) -> Response:
    return pages.message("forged-title", "forged", status=403, request_id=request_id())


def not_possible(pages: Pages, detail: str) -> Response:
    """A problem that no application may be told of."""
    return pages.message(
        "error-title", "", status=400, detail=detail, hint="error-hint", request_id=request_id()
    )
