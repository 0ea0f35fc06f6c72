"""What a rule's ``cors`` says, compiled: the fields that tell a browser who may read an answer (Fetch standard, CORS).

The rule's word replaces the upstream's: its ``Access-Control-*`` fields are dropped. An origin that is not allowed gets
none; the browser keeps the answer from the script. ``*`` never stands beside credentials, where browsers would not
take it: what was asked for is named instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from edge.http.head import Field, RequestHead
from edge.http.vary import with_vary
from weir.models.rule_clauses import Cors
from weir.routing.origins import ANY, Origins

if TYPE_CHECKING:
    from edge.exchange import Exchange

MAX_NAMED = 4 * 1024
"""Bytes of ``Access-Control-Request-Headers`` that are repeated; a longer list is not allowed."""

_NAMES = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:[ \t]*,[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+)*")
_OURS = b"access-control-"
_REQUEST_METHOD = b"access-control-request-method"
_REQUEST_HEADERS = b"access-control-request-headers"


def is_preflight(head: RequestHead) -> bool:
    """Fetch standard, CORS-preflight request: OPTIONS with Origin and Access-Control-Request-Method."""
    return head.method == b"OPTIONS" and bool(_only(head, b"origin")) and bool(_only(head, _REQUEST_METHOD))


class CorsPolicy:
    """An edit of response fields; ``apply`` also gives a preflight's answer its fields."""

    __slots__ = (
        "_credentials", "_every_header", "_every_method", "_expose", "_headers", "_max_age", "_methods",
        "_origins",
    )  # fmt: skip

    def __init__(self, cors: Cors) -> None:
        """Raises ValueError for what no browser would take."""
        self._origins = Origins(cors.origins)
        if cors.credentials and (self._origins.everybody or ANY in cors.expose):
            raise ValueError('cors: credentials are never sent to "*"')
        self._credentials = cors.credentials
        self._every_method = ANY in cors.methods
        self._every_header = ANY in cors.headers
        self._methods = _joined(cors.methods)
        self._headers = _joined(cors.headers)
        self._expose = _joined(cors.expose)
        self._max_age = b"" if cors.max_age_ms is None else b"%d" % (cors.max_age_ms // 1000)

    def apply(self, fields: list[Field], exchange: Exchange) -> list[Field]:
        """The fields of this answer."""
        head = exchange.head
        fields = [field for field in fields if not field[0].startswith(_OURS)]
        if not self._origins.everybody:
            fields = with_vary(fields, b"Origin")
        preflight = is_preflight(head)
        if preflight and self._every_header:
            fields = with_vary(fields, b"Access-Control-Request-Headers")
        if preflight and self._every_method and self._credentials:
            fields = with_vary(fields, b"Access-Control-Request-Method")
        allowed = self._allowed(head)
        if not allowed:
            return fields
        fields = [*fields, _field(b"Allow-Origin", allowed)]
        if self._credentials:
            fields.append(_field(b"Allow-Credentials", b"true"))
        if preflight:
            fields += self._for_preflight(head)
        elif self._expose:
            fields.append(_field(b"Expose-Headers", self._expose))
        return fields

    def _allowed(self, head: RequestHead) -> bytes:
        """The value of Access-Control-Allow-Origin; empty: not allowed.

        ``*`` does not depend on who asks, so that a cache may give the answer to every origin.
        """
        if self._origins.everybody:
            return b"*"
        origin = _only(head, b"origin")
        return origin if origin.decode("latin-1") in self._origins else b""

    def _for_preflight(self, head: RequestHead) -> list[Field]:
        """``*`` for headers would not mean Authorization (Fetch standard), so the names asked for are repeated."""
        methods, headers = self._methods, self._headers
        if self._every_method:
            methods = _names(_only(head, _REQUEST_METHOD)) if self._credentials else b"*"
        if self._every_header:
            headers = _names(b",".join(_all(head, _REQUEST_HEADERS)))
        said = ((b"Allow-Methods", methods), (b"Allow-Headers", headers), (b"Max-Age", self._max_age))
        return [_field(name, value) for name, value in said if value]


def _names(value: bytes) -> bytes:
    """A list of tokens that is not too long; else nothing."""
    return value if len(value) <= MAX_NAMED and _NAMES.fullmatch(value) else b""


def _joined(names: Iterable[str]) -> bytes:
    return ", ".join(names).encode("ascii")


def _field(name: bytes, value: bytes) -> Field:
    name = b"Access-Control-" + name
    return name.lower(), name, value


def _all(head: RequestHead, name: bytes) -> list[bytes]:
    return [value for lower, _, value in head.fields if lower == name]


def _only(head: RequestHead, name: bytes) -> bytes:
    """Empty unless it came exactly once: browsers send one."""
    values = _all(head, name)
    return values[0] if len(values) == 1 else b""
