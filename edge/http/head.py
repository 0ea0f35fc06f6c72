"""What was read of a message's head, before anything is decided about it."""

from __future__ import annotations

Field = tuple[bytes, bytes, bytes]
"""(lower-case name, name as it came, value without surrounding blanks)."""

NONE: tuple[bytes, ...] = ()


class Head:
    """Fields of a head; those the edge reads itself stand apart from the ones that pass."""

    __slots__ = (
        "codings",
        "connections",
        "count",
        "fields",
        "keep_alive",
        "lengths",
        "odd_name",
        "size",
        "trailers",
        "upgrades",
        "version",
    )

    def __init__(self) -> None:
        self.version = ""
        self.keep_alive = False
        self.fields: list[Field] = []
        self.count = 0
        """Fields in all, with those of trailers."""
        self.size = 0
        """Bytes, at least."""
        self.lengths = NONE
        self.codings = NONE
        self.connections = NONE
        self.upgrades = NONE
        self.odd_name = b""
        """A name that some servers read as one that frames messages."""
        self.trailers = 0
        """Fields that came after the body; they are read and dropped."""


class RequestHead(Head):
    """Of a request."""

    __slots__ = ("expects", "forwarded", "hosts", "length", "method", "target", "upgrade")

    def __init__(self) -> None:
        super().__init__()
        self.method = b""
        self.target = b""
        self.hosts = NONE
        self.expects = NONE
        self.forwarded: tuple[tuple[bytes, bytes], ...] = ()
        """(lower-case name, value) of what says where the request came from."""
        self.upgrade = False
        """The parser stopped behind this head, as the protocol may change here (RFC 9110 §7.8)."""
        self.length: int | None = 0
        """Bytes of the body; None: chunked. Decided by ``framing``."""


class ResponseHead(Head):
    """Of a response."""

    __slots__ = ("length", "reason", "status", "until_close")

    def __init__(self) -> None:
        super().__init__()
        self.status = 0
        self.reason = b""
        self.length: int | None = 0
        """Bytes of the body as announced; None: chunked, or until the connection closes. Decided by ``framing``."""
        self.until_close = False
