"""Bytes of one upstream connection → the response to the request that was sent on it.

One request is outstanding at most, so what comes behind its response is nobody's: the connection is then unfit for
reuse, and the bytes never reach a client.
"""

from __future__ import annotations

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from edge.http.framing import MAX_FIELDS, check_response
from edge.http.head import Field, ResponseHead
from edge.http.names import ResponseNames, Role
from edge.http.plain_response import plain_response
from edge.http.request_reader import DEAREST_BYTE
from edge.http.trailers import BLANKS, permitted

MAX_RESPONSE_HEAD = 64 * 1024
"""Bytes of a response head."""
TOO_LARGE = f"its head has more than {MAX_RESPONSE_HEAD} bytes"
TRAILERS_TOO_LARGE = (
    f"its chunk extensions and trailers have more than {MAX_RESPONSE_HEAD} bytes or {MAX_FIELDS} fields"
)
MAX_INTERIM = 16
"""1xx responses before the final one (RFC 9110 §15.2)."""


class ResponseReader:
    """Fed with bytes; does no I/O. ``begin`` comes before every request."""

    def __init__(self, names: ResponseNames) -> None:
        self.names = names
        self._parser = HttpResponseParser(self)
        self._current: ResponseHead | None = None
        self._raw: list[tuple[bytes, bytes]] = []
        """Fields of the head that comes in, else trailers."""
        self._without_body = False
        self._untouched = True
        """Whether everything is as it was made, but for ``head`` and what is said of the response as a whole."""
        self._begun = False
        self.head: ResponseHead | None = None
        """The final head, or the one of a 101, once it is complete."""
        self.interim = 0
        self.interims: list[ResponseHead] = []
        """Interim heads that nobody took yet."""
        self.trailers: list[Field] = []
        """What came behind the last chunk and may go on."""
        self.pieces: list[bytes] = []
        self.complete = False
        self.unfit = False
        """Something came that belongs to no request, or the message cannot be followed to its end."""
        self.error = ""
        """A sentence: why the response is not understood."""
        self.behind_upgrade = b""
        self._head_bytes = 0
        self._overhead = 0

    @property
    def anything(self) -> bool:
        """Whether any byte of a response came."""
        return self._begun

    def begin(self, is_head: bool) -> None:
        """A request goes out; ``is_head``: its response has no body whatever it announces (RFC 9110 §9.3.2)."""
        self.head = None
        self._begun = self.complete = False
        if self._untouched and not is_head:
            return
        self._untouched = not is_head
        if self._without_body:  # the parser still waits for the body that HEAD announced
            self._parser = HttpResponseParser(self)
        self._without_body = is_head
        self._current = None
        self.interim = self._head_bytes = self._overhead = 0
        self.interims = []
        self.trailers = []

    def feed(self, data: bytes) -> None:
        """Parses ``data``; look at ``head``, ``pieces``, ``complete`` and ``error`` afterwards."""
        if self._untouched and not self._begun:
            plain = plain_response(data, self.names)
            if plain is not None:
                self._begun = self.complete = True
                self.head, body = plain
                if body:
                    self.pieces.append(body)
                return
        self._begun = True
        self._untouched = False
        in_body, held = self.head is not None, len(self.pieces)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as stopped:
            self.behind_upgrade += data[stopped.args[0] :]
        except HttpParserError as error:
            if self.complete:
                self.unfit = True
            else:
                self.error = self.error or str(error)
        if self.head is None:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_RESPONSE_HEAD:
                self.error = self.error or TOO_LARGE
        elif in_body:
            self._check_overhead(len(data), sum(map(len, self.pieces[held:])))
        elif len(self._raw) > MAX_FIELDS:
            self.error = self.error or f"it has more than {MAX_FIELDS} trailers"

    def _check_overhead(self, wire: int, content: int) -> None:
        """Nobody takes what chunks carry besides their content, so nothing else would bound it."""
        self._overhead = max(0, self._overhead + wire - DEAREST_BYTE * content)
        if self._overhead > MAX_RESPONSE_HEAD or len(self._raw) > MAX_FIELDS:
            self.error = self.error or TRAILERS_TOO_LARGE

    def end(self) -> None:
        """The upstream closed: the end of a response that lasts until then (RFC 9112 §6.3)."""
        self.unfit = True
        if self.head is not None and self.head.until_close:
            self.complete = True

    def take(self) -> bytes:
        """The part of the body that is here; ``b""`` if nothing is."""
        pieces = self.pieces
        if not pieces:
            return b""
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        return data

    def may_be_reused(self) -> bool:
        """Whether the connection is clean for another request (RFC 9112 §9.3)."""
        head = self.head
        return self.complete and not self.unfit and not self.error and head is not None and head.keep_alive

    def close(self) -> None:
        """No more bytes come. Breaks the cycle with the parser, so that no garbage collection is needed."""
        del self._parser

    # What the parser calls.

    def on_message_begin(self) -> None:
        if self.complete or self.head is not None:
            self.unfit = True
            self._current = None
        else:
            self._current = ResponseHead()
            self._raw = []

    def on_status(self, reason: bytes) -> None:
        if self._current is not None:
            self._current.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        self._raw.append((name, value))

    def on_headers_complete(self) -> None:
        head, parser = self._current, self._parser
        if head is None:
            return
        self._current = None
        head.status = parser.get_status_code()
        head.version = parser.get_http_version()
        head.keep_alive = parser.should_keep_alive()
        raw, self._raw = self._raw, []
        _sort(head, raw, self.names)
        if head.size > MAX_RESPONSE_HEAD:
            self.error = self.error or TOO_LARGE
        self.error = self.error or check_response(head) or ""
        if head.status < 200 and head.status != 101:
            self.interim += 1
            self.interims.append(head)
            self._head_bytes = 0
            if self.interim > MAX_INTERIM:
                self.error = self.error or f"it sent more than {MAX_INTERIM} interim responses"
            return
        self.head = head
        if self._without_body:
            head.until_close = False
            self.complete = True

    def on_body(self, data: bytes) -> None:
        if self.complete:
            self.unfit = True
        else:
            self.pieces.append(data)

    def on_message_complete(self) -> None:
        if self.head is not None and not self.complete:
            if self._raw and len(self._raw) <= MAX_FIELDS:
                self.trailers = permitted(self._raw, self.names)
            self.complete = True


def _sort(head: ResponseHead, raw: list[tuple[bytes, bytes]], names: ResponseNames) -> None:
    """Fields that pass, and those that the edge reads itself. Trailers never come here (RFC 9110 §6.5.1)."""
    fields = head.fields = []
    size = 0
    for name, value in raw:
        lower, role = names[name]
        size += len(name) + len(value) + 4
        if role == 0:
            fields.append((lower, name, value.strip(BLANKS)))
            if lower == b"date":
                head.dated = True
        elif role == Role.LENGTH:
            head.lengths += (value.strip(BLANKS),)
        elif role == Role.CODING:
            head.codings += (value.strip(BLANKS),)
        elif role == Role.CONNECTION:
            head.connections += (value,)
        elif role == Role.UPGRADE:
            head.upgrades += (value.strip(BLANKS),)
        elif role == Role.TRAILER:
            head.trailers += (value,)
    head.size = size
    head.count = len(raw)
