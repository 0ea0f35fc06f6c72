"""Bytes of one downstream connection → requests, one after another.

The parser may be ahead: one read can hold several pipelined requests. They wait here, bounded by the size of one
read, and nothing more is read before they were taken. A parse error is kept until what came before it was answered.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence

from httptools import HttpParserError, HttpParserInvalidMethodError, HttpParserUpgrade, HttpRequestParser

from edge.answers import Refusal
from edge.http.framing import BOUNDS, Bounds, check_request
from edge.http.head import Field, RequestHead
from edge.http.known_heads import FIRST_LINE
from edge.http.names import NameTable, RequestNames, Role
from edge.http.trailers import BLANKS, permitted

DEAREST_BYTE = 6
"""Bytes on the wire for a byte of content, at worst, without extensions: a chunk of one byte."""

MAX_ATTEMPT_DIGITS = 4

NOT_HTTP = "only HTTP/1.0 and HTTP/1.1 are spoken here"
_RTSP = re.compile(rb"OPTIONS +[^ ]+ +RTSP/")
"""The parser takes RTSP/1.0 for HTTP/1.0 with this method, which both have."""
_UNKNOWN_METHOD = re.compile(rb"[A-Za-z][A-Za-z0-9_-]{0,30} [/*a-zA-Z]")


class Message:
    """One request as it comes in: its head, and the pieces of its body that were read but not taken."""

    complete = False
    refusal: Refusal | None = None
    """Why the head is refused; then nothing behind it is understood either."""
    took = 0
    """Bytes of the body that were taken."""
    trailers: Sequence[Field] = ()
    """What came behind the last chunk and may go on."""
    wire = b""
    """All of it, where the head was recognised."""
    overhead = 0
    """Bytes of chunk extensions and trailers, beyond what chunks of a byte each would cost."""

    def __init__(self, head: RequestHead) -> None:
        self.head = head
        self.pieces: list[bytes] = []

    def take(self) -> bytes:
        """The part of the body that is here; ``b""`` if nothing is."""
        pieces = self.pieces
        if not pieces:
            return b""
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.took += len(data)
        return data


def whole(head: RequestHead) -> Message:
    """A message without a body."""
    message = Message(head)
    message.complete = True
    return message


class RequestReader:
    """Fed with bytes; gives messages. Does no I/O."""

    def __init__(self, names: RequestNames, max_head: int, bounds: Bounds = BOUNDS) -> None:
        self._names = names
        self._known = names.heads.known
        self._bounds = bounds
        self.max_head = max_head
        self.ready: deque[Message] = deque()
        """Messages whose head is complete, in order."""
        self.error: Refusal | None = None
        """What ended the parsing; counts behind everything in ``ready``."""
        self.behind_upgrade = b""
        """Bytes that came behind a request for an upgrade."""
        self._current: RequestHead | None = None
        self._in_body: Message | None = None
        self._raw: list[tuple[bytes, bytes]] = []
        """Fields of the head that comes in, else trailers."""
        self._head_bytes = 0
        self._fed = b""
        """What the parser reads now, with the beginning of the head that it is in."""
        self.at_start = True
        """Whether the next byte is the first of a request that may come."""
        self._is_over = False
        """The connection's last request was recognised, of which the parser does not know."""
        self._parser: HttpRequestParser | None = None
        """Made for the first request that is not recognised."""

    @property
    def mid_head(self) -> bool:
        """Whether a head has begun and is not complete."""
        return self._current is not None

    def feed(self, data: bytes) -> None:
        """Parses ``data``; look at ``ready`` and ``error`` afterwards."""
        if self.error is not None:
            return
        at_start = self.at_start
        if at_start:
            message = self.recognised(data)
            if message is not None:
                self.at_start = message.head.keep_alive
                self._is_over = not message.head.keep_alive
                self.ready.append(message)
                return
        elif self._is_over:
            self.error = Refusal("malformed-request", "nothing may come behind Connection: close")
            return
        begun, in_body, queued = self._current, self._in_body, len(self.ready)
        held = len(in_body.pieces) if in_body is not None else 0
        self._fed = data if begun is None else self._fed + data
        parser = self._parser
        if parser is None:
            parser = self._parser = HttpRequestParser(self)
        try:
            parser.feed_data(data)
        except HttpParserUpgrade as stopped:
            self.behind_upgrade += data[stopped.args[0] :]
        except HttpParserError as error:
            self.error = self._refusal_of(error, data if begun is None else b"")
        if self._current is not None:
            if in_body is None and len(self.ready) == queued:  # else it began behind another message
                self._head_bytes += len(data)
            self._check_growing(self._current)
        elif in_body is not None and self._in_body is in_body:
            self._check_overhead(in_body, len(data), sum(map(len, in_body.pieces[held:])))
        elif at_start and self.error is None and len(self.ready) == queued + 1:
            message = self.ready[-1]
            if message.complete and message.refusal is None:
                self._names.heads.came(data, message.head)

    def recognised(self, data: bytes) -> Message | None:
        """All of ``data`` as a request, if everything of it but the first line came before; changes nothing here.

        For what comes ``at_start``.
        """
        end = data.find(b"\r\n")
        known = self._known.get(data[end:])
        if known is None or len(data) > self.max_head:
            return None
        first = FIRST_LINE.fullmatch(data, 0, end)
        if first is None or end > self._bounds.max_target:
            return None
        head = RequestHead()
        head.known = known
        head.version = "1.1"
        head.first = data[:end]
        method, path, query = first.groups()
        head.method = method
        head.path = path.decode()
        head.plain = b"%" not in path and b"//" not in path and b"/." not in path
        if query is None:
            head.target = path
        else:
            head.target = path + query
            head.query = query.decode()
        head.fields = known.fields
        head.hosts = known.hosts
        if known.forwarded:
            head.forwarded = known.forwarded
        head.keep_alive = known.keep_alive
        message = whole(head)
        message.wire = data
        return message

    def go_on_as_http(self, message: Message) -> None:
        """The protocol does not change behind ``message``: what follows is the next request."""
        message.head.upgrade = False
        self._parser = None
        self.at_start = True
        rest, self.behind_upgrade = self.behind_upgrade, b""
        if rest:
            self.feed(rest)

    def _check_growing(self, head: RequestHead) -> None:
        """Bounds of a head that is not complete yet."""
        if self.error is not None:
            return
        if len(head.target) > self._bounds.max_target:
            self.error = self._bounds.target_too_long()
        elif self._head_bytes > self.max_head:
            self.error = self._head_too_large()

    def _check_overhead(self, message: Message, wire: int, content: int) -> None:
        """Nobody takes what chunks carry besides their content, so nothing else would bound it."""
        message.overhead = max(0, message.overhead + wire - DEAREST_BYTE * content)
        max_fields = self._bounds.max_fields
        if self.error is None and (message.overhead > self.max_head or len(self._raw) > max_fields):
            bounds = f"{self.max_head} bytes and {max_fields} fields"
            self.error = Refusal("head-too-large", f"chunk extensions and trailers have at most {bounds}")

    def _head_too_large(self) -> Refusal:
        return Refusal("head-too-large", f"a request head has at most {self.max_head} bytes")

    def _refusal_of(self, error: HttpParserError, start: bytes) -> Refusal:
        reason = str(error)
        if isinstance(error, HttpParserInvalidMethodError) and _UNKNOWN_METHOD.match(start):
            return Refusal("method-not-supported", "this method is not known here")
        if "HTTP version" in reason or "PRI" in reason:
            return Refusal("version-not-supported", NOT_HTTP)
        return Refusal("malformed-request", reason)

    def close(self) -> None:
        """No more bytes come. Breaks the cycle with the parser, so that no garbage collection is needed."""
        self._parser = None

    # What the parser calls. A callback must not raise: that would poison the parser and hide the reason.

    def on_message_begin(self) -> None:
        self.at_start = False
        self._current = RequestHead()
        self._raw = []
        self._head_bytes = 0

    def on_url(self, url: bytes) -> None:
        head = self._current
        if head is not None:
            head.target = head.target + url if head.target else url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._raw.append((name, value))

    def on_headers_complete(self) -> None:
        head, parser = self._current, self._parser
        if head is None or parser is None:
            return
        self._current = None
        self._in_body = message = Message(head)
        head.method = parser.get_method()
        head.version = parser.get_http_version()
        head.keep_alive = parser.should_keep_alive()
        head.upgrade = parser.should_upgrade()
        raw, self._raw = self._raw, []
        _sort(head, raw, self._names)
        if head.size > self.max_head:
            message.refusal = self._head_too_large()
        elif head.method == b"OPTIONS" and _RTSP.search(self._fed):
            message.refusal = Refusal("version-not-supported", NOT_HTTP)
        else:
            message.refusal = check_request(head, self._bounds)
        self.ready.append(message)

    def on_body(self, data: bytes) -> None:
        if self._in_body is not None:
            self._in_body.pieces.append(data)

    def on_message_complete(self) -> None:
        message = self._in_body
        if message is not None:
            self._in_body = None
            # Never complete: an answer of its own would be one too many.
            if len(self._raw) > self._bounds.max_fields:
                self.error = Refusal(
                    "head-too-large", f"trailers have at most {self._bounds.max_fields} fields"
                )
                return
            if self._raw:
                message.trailers = permitted(self._raw, self._names)
            message.complete = True
            self.at_start = message.head.keep_alive and not message.head.upgrade


def _sort(head: RequestHead, raw: list[tuple[bytes, bytes]], names: NameTable) -> None:
    """Fields that pass, and those that the edge reads itself. Trailers never come here (RFC 9110 §6.5.1)."""
    fields = head.fields = []
    size = len(head.method) + len(head.target) + 14
    for name, value in raw:
        lower, role = names[name]
        size += len(name) + len(value) + 4
        if role == 0:
            fields.append((lower, name, value.strip(BLANKS)))
        else:
            _special(head, role, lower, value.strip(BLANKS))
    head.size = size
    head.count = len(raw)


def _special(head: RequestHead, role: int, lower: bytes, value: bytes) -> None:
    """Fields that the edge reads itself."""
    if role == Role.HOST:
        head.hosts += (value,)
    elif role == Role.CONNECTION:
        head.connections += (value,)
    elif role == Role.LENGTH:
        head.lengths += (value,)
    elif role == Role.CODING:
        head.codings += (value,)
    elif role == Role.FORWARDED:
        head.forwarded += ((lower, value),)
    elif role == Role.UPGRADE:
        head.upgrades += (value,)
    elif role == Role.EXPECT:
        head.expects += (value,)
    elif role == Role.TRACE:
        head.traced = True
        head.fields.append((lower, lower, value))
    elif role == Role.ACCEPTS:
        head.accepts += (value,)
    elif role == Role.TRAILER:
        head.trailers += (value,)
    elif role == Role.ATTEMPT:
        head.attempt = max(
            head.attempt, int(value) if value.isdigit() and len(value) <= MAX_ATTEMPT_DIGITS else 0
        )
    elif role == Role.REFUSED:
        head.odd_name = lower
