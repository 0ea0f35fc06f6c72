"""What was read of a message's head, before anything is decided about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.http.known_heads import KnownHead

Field = tuple[bytes, bytes, bytes]
"""(lower-case name, name as it came, value without surrounding blanks)."""

NONE: tuple[bytes, ...] = ()


class Head:
    """Fields of a head; those the edge reads itself stand apart from the ones that pass.

    Defaults stand in the class: most heads never set most of them, and one is made for every message.
    """

    version = ""
    keep_alive = False
    fields: list[Field]
    count = 0
    """Fields in all."""
    size = 0
    """Bytes, at least."""
    lengths = NONE
    codings = NONE
    connections = NONE
    upgrades = NONE
    accepts = NONE
    """TE (RFC 9110 §10.1.4)."""
    trailers = NONE
    """Trailer: names of fields that are announced (RFC 9110 §6.6.2)."""
    odd_name = b""
    """A name that some servers read as one that frames messages."""


class RequestHead(Head):
    """Of a request."""

    known: KnownHead | None = None
    """What it was recognised by; then ``first``, ``path`` and ``query`` are there too."""
    first = b""
    """The first line."""
    path = ""
    plain = False
    """``path`` has nothing that a normal path would not have."""
    query = ""
    """With its ``?``."""

    method = b""
    target = b""
    hosts = NONE
    expects = NONE
    traced = False
    """``fields`` have a traceparent or a tracestate."""
    forwarded: tuple[tuple[bytes, bytes], ...] = ()
    """(lower-case name, value) of what says where the request came from."""
    attempt = 0
    """Of another tier in front that repeats requests, counted from 1; 0: nothing is said."""
    upgrade = False
    """The parser stopped behind this head, as the protocol may change here (RFC 9110 §7.8)."""
    length: int | None = 0
    """Bytes of the body; None: chunked. Decided by ``framing``."""


class ResponseHead(Head):
    """Of a response."""

    status = 0
    reason = b""
    length: int | None = 0
    """Bytes of the body as announced; None: chunked, or until the connection closes. Decided by ``framing``."""
    until_close = False
    dated = False
    """It has a Date."""
    lines = b""
    """The head as the edge writes it, without the empty line; empty where it must be written anew."""

    @property
    def is_event_stream(self) -> bool:
        """Events for as long as both sides like (WHATWG HTML §9.2)."""
        return any(
            name == b"content-type" and value.lower().startswith(b"text/event-stream")
            for name, _, value in self.fields
        )
