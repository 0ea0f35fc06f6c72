"""What stands behind the last chunk, for one exchange: a rule's edits of a header hold for a trailer of its name too.

A receiver may merge trailers into the head. So a name that the rule sets, adds or removes is never a trailer, and one
that Connection names stays on its connection.
"""

from __future__ import annotations

from collections.abc import Iterable

from edge.edits.headers import HeaderEdit
from edge.exchange import Exchange
from edge.http.connection_field import listed
from edge.http.head import Field, RequestHead, ResponseHead
from edge.http.trailers import announced, last_chunk
from edge.http.upgrade import asks_for_upgrade
from edge.http.writer import LAST_CHUNK
from edge.versions.plan import Plan


def takes_trailers(head: RequestHead) -> bool:
    """The client asked for them: ``TE: trailers``, named in Connection as it must be (RFC 9110 §10.1.4)."""
    if not head.accepts or head.version != "1.1":
        return False
    options = {option.strip(b" \t").lower() for value in head.connections for option in value.split(b",")}
    codings = {coding.strip(b" \t").lower() for value in head.accepts for coding in value.split(b",")}
    return b"te" in options and b"trailers" in codings


def request_lines(exchange: Exchange) -> bytes:
    """Head lines that announce the request's trailers, and ask for those of the answer."""
    head = exchange.head
    names = _request_names(exchange) if head.length is None else []
    lines = b"Trailer: %b\r\n" % b", ".join(names) if names else b""
    if takes_trailers(head) and not asks_for_upgrade(head):
        lines += b"TE: trailers\r\nConnection: TE\r\n"
    return lines


def request_end(exchange: Exchange) -> bytes:
    """The last chunk of a request that is complete."""
    trailers = exchange.message.trailers
    if not trailers or not exchange.head.trailers:
        return LAST_CHUNK
    names = _request_names(exchange)
    return last_chunk([field for field in trailers if field[0] in names])


def response_line(exchange: Exchange, plan: Plan, head: ResponseHead) -> bytes:
    """The head line that announces the answer's trailers to a client that takes them."""
    if not head.trailers or not takes_trailers(exchange.head):
        return b""
    names = _allowed_names(exchange, head, plan.response_edits)
    return b"Trailer: %b\r\n" % b", ".join(names) if names else b""


def response_end(exchange: Exchange, plan: Plan, head: ResponseHead, trailers: list[Field]) -> bytes:
    """The last chunk of an answer that is complete."""
    if not trailers or not takes_trailers(exchange.head):
        return LAST_CHUNK
    closed = listed(head.connections) | edited_names(plan.response_edits)
    return last_chunk([field for field in trailers if field[0] not in closed])


def edited_names(edits: Iterable[object]) -> frozenset[bytes]:
    """The lower-case names that a rule sets, adds or removes; other edits are of names that are never trailers."""
    return frozenset(edit.lower for edit in edits if isinstance(edit, HeaderEdit))


def _request_names(exchange: Exchange) -> list[bytes]:
    """What the client announced and may send."""
    edits: Iterable[object] = exchange.plan.request_edits if exchange.plan is not None else ()
    return _allowed_names(exchange, exchange.head, edits)


def _allowed_names(
    exchange: Exchange, head: RequestHead | ResponseHead, edits: Iterable[object]
) -> list[bytes]:
    if not head.trailers:
        return []
    names = announced(head.trailers, exchange.downstream.engine.names)
    closed = listed(head.connections) | edited_names(edits)
    return [name for name in names if name not in closed]
