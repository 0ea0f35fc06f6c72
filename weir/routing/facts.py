"""What a rule may ask about a request.

``Facts`` is the question; the edge may answer it with its own request object. ``RequestFacts`` is the plain answer,
used by explain, lint and tests: nothing is parsed before it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from weir.routing.networks import Address, parse_address
from weir.routing.request_values import first_cookie_values, first_query_values


class Facts(Protocol):
    """Values after trust was decided (``trusted_proxies``) and in normal form."""

    @property
    def host(self) -> str:
        """As ``authority.normalise_authority`` gives it."""

    @property
    def path(self) -> str:
        """As ``normalise.normalise_path`` gives it."""

    @property
    def method(self) -> str: ...

    @property
    def scheme(self) -> str:
        """``http`` or ``https``."""

    @property
    def port(self) -> int: ...

    @property
    def ip(self) -> str: ...

    @property
    def consumer(self) -> str | None:
        """Who calls, for limits: the consumer; of a token of nobody's, ``client …`` or ``subject …``, which no consumer
        is called. None: nobody was found."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Of the consumer, in any order."""

    def address(self) -> Address | None:
        """``ip`` as a number; worth keeping once it was asked for. None if it is no address."""

    def header(self, name: str) -> str | None:
        """All values of the lower-case name joined by ``, `` (RFC 9110 §5.3), of ``cookie`` by ``; ``."""

    def query(self, name: str) -> str | None:
        """The first value, percent-decoded."""

    def cookie(self, name: str) -> str | None:
        """The first value."""


class RequestFacts:
    """Facts of a request whose parts are at hand."""

    __slots__ = (
        "_address",
        "_cookies",
        "_headers",
        "_queries",
        "_query_string",
        "_raw_headers",
        "consumer",
        "host",
        "ip",
        "method",
        "path",
        "port",
        "scheme",
        "tags",
    )

    def __init__(
        self,
        host: str,
        path: str,
        method: str = "GET",
        *,
        scheme: str = "http",
        port: int = 80,
        ip: str = "127.0.0.1",
        headers: Iterable[tuple[str, str]] = (),
        query: str = "",
        consumer: str | None = None,
        tags: tuple[str, ...] = (),
    ) -> None:
        """``host`` and ``path`` in normal form; header names in any case; ``query`` without its ``?``."""
        self.host = host
        self.path = path
        self.method = method
        self.scheme = scheme
        self.port = port
        self.ip = ip
        self.consumer = consumer
        self.tags = tags
        self._raw_headers = headers
        self._query_string = query
        self._headers: dict[str, str] | None = None
        self._queries: dict[str, str] | None = None
        self._cookies: dict[str, str] | None = None
        self._address: tuple[Address | None] | None = None

    def address(self) -> Address | None:
        if self._address is None:
            self._address = (parse_address(self.ip),)
        return self._address[0]

    def header(self, name: str) -> str | None:
        if self._headers is None:
            self._headers = join_headers(self._raw_headers)
        return self._headers.get(name)

    def query(self, name: str) -> str | None:
        if self._queries is None:
            self._queries = first_query_values(self._query_string)
        return self._queries.get(name)

    def cookie(self, name: str) -> str | None:
        if self._cookies is None:
            self._cookies = first_cookie_values(self.header("cookie") or "")
        return self._cookies.get(name)


def join_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Lower-case name → joined value (RFC 9110 §5.3; cookies as RFC 9113 §8.2.3 joins them)."""
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.lower(), []).append(value)
    return {name: ("; " if name == "cookie" else ", ").join(each) for name, each in values.items()}
