"""One look at an issuer: its metadata, then its keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edge.agent.issuers.documents import BadDocument, jwks_uri_of, problem_of_place, public_keys_of
from edge.agent.issuers.fetch import FetchError
from edge.agent.issuers.issuer import Terms
from weir.models.auth.issuer_urls import metadata_urls, problem_of

Get = Callable[[str], bytes]


class NoKeys(Exception):
    """A sentence that says why."""


def look(terms: Terms, get: Get) -> dict[str, Any]:
    """The key set. Raises NoKeys."""
    if problem := problem_of(terms.url):
        raise NoKeys(f"{terms.url[:200]!r} {problem}")
    url = terms.jwks_uri
    try:
        if url and (problem := problem_of_place(url, terms.url)):
            raise NoKeys(f"{url[:200]!r} {problem}")
        if not url:
            url, data = _metadata(terms.url, get)
            url = jwks_uri_of(data, terms.url)
        return public_keys_of(get(url))
    except (FetchError, BadDocument) as error:
        raise NoKeys(f"{url or terms.url} {error}") from error


def _metadata(issuer: str, get: Get) -> tuple[str, bytes]:
    """With where it was found. Raises NoKeys: what the first place said."""
    first = ""
    for url in metadata_urls(issuer):
        try:
            return url, get(url)
        except FetchError as error:
            first = first or f"{url} {error}"
    raise NoKeys(first)
