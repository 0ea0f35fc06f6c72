"""One connection to a target, carrying one exchange at a time. Foreign errors end here and become ``UpstreamError``."""

from __future__ import annotations

import socket
from collections.abc import Callable

from edge.http.head import ResponseHead
from edge.http.names import ResponseNames
from edge.http.response_reader import ResponseReader
from edge.postbox import Postbox
from edge.transport import FULL_READ, HEAD_READ, ConnectionLost, TimedOut, Transport
from edge.upstream.errors import Cause, Sent, Stage, UpstreamError

_NOTHING, _SOME, SENT_ALL = Sent.NOTHING, Sent.SOME, Sent.ALL


class UpstreamConnection:
    """``begin``, ``send`` …, ``read_head``, ``read_body`` …; the one who reads sets the transport's deadline."""

    __slots__ = ("address", "early", "idle", "reader", "reused", "sent", "transport")

    def __init__(self, transport: Transport, names: ResponseNames, address: str = "") -> None:
        self.transport = transport
        self.address = address
        """Where to."""
        self.reader = ResponseReader(names)
        self.idle = False
        """In the pool."""
        self.reused = False
        self.sent = Sent.NOTHING
        self.early = b""
        """What was read of the response before ``read_head``."""

    def begin(self, is_head: bool) -> None:
        """Before every request."""
        self.sent = _NOTHING
        self.reader.begin(is_head)

    def send(self, data: bytes, last: bool) -> None:
        """A part of the request; ``last``: with it, all of the request is out. Raises UpstreamError."""
        try:
            self.transport.send(data)
        except (ConnectionLost, TimedOut) as error:
            if not isinstance(error, ConnectionLost) or error.sent:
                self.sent = Sent.SOME
            raise self._error(error, Stage.SEND) from None
        self.sent = SENT_ALL if last else _SOME

    def post(self, data: bytes, box: Postbox) -> None:
        """All of a request, when ``box`` is emptied; ``read_head`` raises what goes wrong with it."""
        self.sent = SENT_ALL
        self.transport.post(data, box)

    def read_head(self, on_interim: Callable[..., None] | None = None, *of: object) -> ResponseHead:
        """Of the final response, or of a 101. Raises UpstreamError and whatever interrupts the wait.

        ``on_interim`` gets ``of`` and every head before it (RFC 9110 §15.2), in order.
        """
        reader = self.reader
        while True:
            data, self.early = self.early, b""
            try:
                data = data or self.transport.recv(HEAD_READ)
            except (ConnectionLost, TimedOut) as error:
                raise self._error(error, Stage.HEAD) from None
            if not data:
                raise self._broken("it closed the connection without a full answer", Stage.HEAD)
            reader.feed(data)
            if reader.error:
                raise self._malformed(Stage.HEAD)
            if reader.interims and on_interim is not None:
                interims, reader.interims = reader.interims, []
                for interim in interims:
                    on_interim(*of, interim)
            if reader.head is not None:
                return reader.head

    def read_body(self) -> bytes:
        """The next piece; ``b""`` at the end. Raises UpstreamError when the body is cut off or malformed."""
        reader = self.reader
        while True:
            if reader.pieces:
                return reader.take()
            if reader.complete:
                return b""
            if reader.error:
                raise self._malformed(Stage.BODY)
            try:
                data = self.transport.recv(FULL_READ)
            except (ConnectionLost, TimedOut) as error:
                raise self._error(error, Stage.BODY) from None
            if data:
                reader.feed(data)
                continue
            reader.end()
            if not reader.complete:
                raise self._broken("it closed the connection in the middle of the body", Stage.BODY)

    def part(self) -> UpstreamConnection:
        """The answer that was read, which must be whole, apart from the connection that serves others from now on."""
        parted = UpstreamConnection(self.transport, self.reader.names, self.address)
        parted.reader, self.reader = self.reader, parted.reader
        return parted

    def shutdown_write(self) -> None:
        """Tells the upstream that no more comes."""
        self.transport.shutdown(socket.SHUT_WR)

    def _error(self, error: ConnectionLost | TimedOut, stage: Stage) -> UpstreamError:
        if error.posted:
            stage = Stage.SEND
            self.sent = _NOTHING if isinstance(error, ConnectionLost) and not error.sent else _SOME
        if isinstance(error, ConnectionLost):
            return self._broken(str(error), stage)
        return UpstreamError(Cause.TIMEOUT, str(error), stage=stage, sent=self.sent, reused=self.reused)

    def _broken(self, detail: str, stage: Stage) -> UpstreamError:
        """Not ``reused`` once a byte of an answer came: then the connection was alive, and this is a failure."""
        reused = self.reused and not self.reader.anything
        return UpstreamError(Cause.BROKEN, detail, stage=stage, sent=self.sent, reused=reused)

    def _malformed(self, stage: Stage) -> UpstreamError:
        return UpstreamError(
            Cause.MALFORMED, self.reader.error, stage=stage, sent=self.sent, reused=self.reused
        )
