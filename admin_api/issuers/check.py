"""Whether tokens of a foreign issuer could be verified: its metadata and keys, looked at as a node looks at them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from gevent import Timeout

from admin_api.issuers.fetch import WITHIN_S, NotFetched, fetch_json
from weir.api.issuers import FoundKey, IssuerFindings
from weir.models.auth.issuer_urls import metadata_urls, problem_of

MAX_KEYS = 100
KINDS = ("RSA", "EC", "OKP")

Fetch = Callable[[str, float], dict[str, Any]]


def check(url: str, jwks_uri: str = "", fetch: Fetch = fetch_json) -> IssuerFindings:
    """Never raises for what is found there; takes a little longer than ``WITHIN_S`` at most."""
    began = time.monotonic()
    found: dict[str, Any] = {"jwks_uri": jwks_uri}
    try:
        with Timeout(WITHIN_S + 1, NotFetched(f"{url} does not answer within {WITHIN_S:g} s")):
            _look(url, fetch, began + WITHIN_S, found)
        problem = ""
    except NotFetched as error:
        problem = f"{error}."
    took_ms = int((time.monotonic() - began) * 1000)
    return IssuerFindings(ok=not problem, problem=problem, milliseconds=took_ms, **found)


def _look(url: str, fetch: Fetch, until_s: float, found: dict[str, Any]) -> None:
    """Fills in what is found. Raises NotFetched."""
    if problem := problem_of(url):
        raise NotFetched(f"{url} {problem}")
    if not found["jwks_uri"]:
        found["metadata_url"], document = _metadata(url, fetch, until_s)
        found["jwks_uri"] = _jwks_uri(url, found["metadata_url"], document)
    keys = keys_in(fetch(found["jwks_uri"], until_s))
    found["keys"] = keys
    if not keys:
        raise NotFetched(f"{found['jwks_uri']} has no key that verifies signatures (RSA, EC or OKP)")


def _metadata(url: str, fetch: Fetch, until_s: float) -> tuple[str, dict[str, Any]]:
    """The first place's problem counts: the second is for servers that do not speak OpenID Connect."""
    problem: NotFetched | None = None
    for place in metadata_urls(url):
        try:
            return place, fetch(place, until_s)
        except NotFetched as error:
            problem = problem or error
    assert problem is not None  # noqa: S101 - there are two places
    raise problem


def _jwks_uri(url: str, place: str, document: dict[str, Any]) -> str:
    said = document.get("issuer")
    if said != url:
        raise NotFetched(f'{place} is of the issuer "{str(said)[:200]}"; the URL has to be exactly that')
    jwks_uri = document.get("jwks_uri")
    if not isinstance(jwks_uri, str) or problem_of(jwks_uri, query=True):
        raise NotFetched(f"{place} says no jwks_uri that can be used")
    return jwks_uri


def keys_in(document: dict[str, Any]) -> tuple[FoundKey, ...]:
    """Those that can verify a signature; at most ``MAX_KEYS`` are looked at."""
    listed = document.get("keys")
    if not isinstance(listed, list):
        raise NotFetched("where its keys should be is no JSON Web Key Set")
    return tuple(
        FoundKey(kid=_text(key, "kid"), kty=_text(key, "kty"), alg=_text(key, "alg"))
        for key in listed[:MAX_KEYS]
        if isinstance(key, dict) and key.get("kty") in KINDS and key.get("use", "sig") == "sig"
    )


def _text(key: dict[str, Any], name: str) -> str:
    value = key.get(name, "")
    return value[:128] if isinstance(value, str) else ""
