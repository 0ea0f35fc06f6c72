"""What ``balance hash(…)`` hashes of a request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from weir.models.upstream_clauses import Balance


class Keyed(Protocol):
    """What must be known of a request."""

    @property
    def ip(self) -> str: ...

    @property
    def path(self) -> str: ...

    @property
    def consumer(self) -> str | None: ...

    def header(self, name: str) -> str | None:
        """By lower-case name."""

    def cookie(self, name: str) -> str | None: ...

    def query(self, name: str) -> str | None: ...


Key = Callable[[Keyed], str]


def key_of(balance: Balance, upstream: str) -> Key:
    """The client's address stands in for a consumer, header, cookie or query parameter that is missing or empty.

    Raises ValueError for what is not built yet.
    """
    name = balance.hash_name
    if balance.hash_on == "ip":
        return lambda request: request.ip
    if balance.hash_on == "path":
        return lambda request: request.path
    if balance.hash_on == "consumer":
        return lambda request: request.consumer or request.ip
    if balance.hash_on == "header":
        lower = name.lower()
        return lambda request: request.header(lower) or request.ip
    if balance.hash_on == "cookie":
        return lambda request: request.cookie(name) or request.ip
    if balance.hash_on == "query":
        return lambda request: request.query(name) or request.ip
    raise ValueError(f"upstream {upstream}: balance hash({balance.hash_on}) is not built yet")
