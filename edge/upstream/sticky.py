"""``sticky cookie``: a client stays with the target that it met first, while that target is there.

The cookie's value stands for the target and says nothing of it: a keyed hash of upstream and URL, whose key no client
knows. All workers and nodes of a store make the same values. A value that fits no target, as of one that a publish
removed, counts as none: the policy chooses, and the answer sets the cookie anew.

A target of weight 0 keeps the clients that it has and gets no new ones. An upstream of weight 0 in a rule's ``proxy``
gets nobody, whatever the cookie says.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Generic, Protocol, TypeVar

from weir.models import upstream_clauses

TOKEN_BYTES = 12


class Named(Protocol):
    """A target."""

    @property
    def url(self) -> str: ...


class WithCookies(Protocol):
    """What must be known of a request."""

    def cookie(self, name: str) -> str | None: ...


Target = TypeVar("Target", bound=Named)


class Sticky(Generic[Target]):
    """Of one upstream."""

    __slots__ = ("_attributes", "_by_token", "_cookie", "_key", "_upstream")

    def __init__(
        self, clause: upstream_clauses.Sticky, upstream: str, targets: Iterable[Target], secret: str
    ) -> None:
        """``secret``: what all nodes know and no client does."""
        self._cookie = clause.cookie
        self._upstream = upstream
        self._key = blake2b(secret.encode()).digest()
        self._by_token = {self._token(target): target for target in targets}
        age = "" if clause.for_ms is None else f"; Max-Age={-(-clause.for_ms // 1000)}"
        self._attributes = f"; Path=/{age}; HttpOnly; SameSite=Lax"

    def held(self, request: WithCookies) -> Target | None:
        """The target that the request's cookie names."""
        return self._by_token.get(request.cookie(self._cookie) or "")

    def line(self, target: Target, scheme: str) -> bytes:
        """The header line that makes a client stay with ``target``; RFC 6265 §4.1, without a domain: this host only."""
        secure = "; Secure" if scheme == "https" else ""
        value = f"{self._cookie}={self._token(target)}{self._attributes}{secure}"
        return b"Set-Cookie: %b\r\n" % value.encode("ascii")

    def _token(self, target: Target) -> str:
        named = f"{self._upstream}\0{target.url}".encode()
        return blake2b(named, digest_size=TOKEN_BYTES, key=self._key).hexdigest()
