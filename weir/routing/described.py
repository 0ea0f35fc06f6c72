"""A request as somebody describes it, and all that is configured, as the edge puts it together: what ``explain`` needs.

The table of several owners is one, and each rule's upstreams are those of its owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from weir.models.document import Owner
from weir.models.effective import Pool, Settings
from weir.models.explanation import Explanation
from weir.routing.authority import BadAuthority, normalise_authority
from weir.routing.explain import DEFAULT_LIMIT, explain
from weir.routing.facts import RequestFacts
from weir.routing.networks import parse_address
from weir.routing.normalise import BadPath, normalise_path
from weir.routing.table import Table

DEFAULT_PORTS = {"http": 80, "https": 443}


class BadRequest(ValueError):
    """What was described is not a request, or one that the edge would refuse; the message is one sentence."""


class Described(NamedTuple):
    method: str
    url: str
    """With scheme and host."""
    headers: tuple[tuple[str, str], ...] = ()
    ip: str = "127.0.0.1"
    """Of the client, after ``trusted_proxies`` was applied."""
    consumer: str = ""
    """Who calls, as far as limits count by it; empty: nobody is known."""
    tags: tuple[str, ...] = ()


class Configuration(NamedTuple):
    """What nodes serve: the rules of all owners."""

    table: Table
    pools: Mapping[Owner, Mapping[str, Pool]]
    settings: Settings


def explain_request(
    configuration: Configuration,
    request: Described,
    *,
    all: bool = False,  # noqa: A002 - as explain calls it
    limit: int = DEFAULT_LIMIT,
) -> Explanation:
    """Raises BadRequest."""
    facts = facts_of(request, configuration.settings)
    owner = _owner_of_winner(configuration.table, facts)
    pools = configuration.pools.get(owner, {}) if owner else {}
    return explain(
        configuration.table, facts, all=all, limit=limit, pools=pools, settings=configuration.settings
    )


def facts_of(request: Described, settings: Settings) -> RequestFacts:
    """The request as the edge would see it, its path made normal in the same way. Raises BadRequest."""
    try:
        parts = urlsplit(request.url)
    except ValueError as error:
        raise BadRequest(f'"{request.url}" is not a URL: {error}') from None
    if parts.scheme not in DEFAULT_PORTS or not parts.netloc:
        raise BadRequest(f'"{request.url}" is not a URL such as http://api.example.com/orders')
    if parse_address(request.ip) is None:
        raise BadRequest(f'"{request.ip}" is not an IP address')
    sent = next((value for name, value in request.headers if name.lower() == "host"), None)
    authority = parts.netloc.rpartition("@")[2] if sent is None else sent
    try:
        host, port = normalise_authority(authority)
        path = normalise_path(parts.path or "/", settings.merge_slashes)
    except (BadAuthority, BadPath) as error:
        raise BadRequest(f"the edge would answer 400: {error}") from None
    return RequestFacts(
        host,
        path,
        request.method or "GET",
        scheme=parts.scheme,
        port=port or DEFAULT_PORTS[parts.scheme],
        ip=request.ip,
        headers=request.headers,
        query=parts.query,
        consumer=request.consumer or None,
        tags=request.tags,
    )


def field_of(header: str) -> tuple[str, str]:
    """``NAME: VALUE``. Raises BadRequest."""
    name, colon, value = header.partition(":")
    if not colon or not name.strip():
        raise BadRequest(f'"{header}" is not a header field; expected NAME: VALUE')
    return name.strip(), value.strip()


def fields_of(headers: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple(field_of(header) for header in headers)


def _owner_of_winner(table: Table, facts: RequestFacts) -> Owner | None:
    for entry in table.candidates(facts.host, facts.path):
        if entry.holds(facts):
            return entry.owner
    return None
