"""TLS to a target, over a transport: the standard library's engine between two memory buffers.

So deadlines, interrupts and the waiting stay those of the transport below. One flush at a time: two greenlets may
write (the request's body goes out while its answer comes in), and TLS records must not change places.
"""

from __future__ import annotations

import ssl

from gevent.lock import Semaphore
from gevent.socket import socket as GeventSocket  # noqa: N812 - it is a class

from edge.postbox import Postbox
from edge.transport import FULL_READ, ConnectionLost, Take, Then, Transport


class TlsTransport(Transport):
    """A transport whose bytes are encrypted; ``handshake`` comes first."""

    __slots__ = ("_engine", "_flushing", "_incoming", "_outgoing")

    def __init__(self, sock: GeventSocket, context: ssl.SSLContext, server_name: str) -> None:
        super().__init__(sock)
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._engine = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self._flushing = Semaphore(1)

    def handshake(self) -> None:
        """Raises ConnectionLost (also for a certificate that does not verify), TimedOut."""
        while True:
            try:
                self._engine.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                self._more()
            except ssl.SSLError as error:
                raise ConnectionLost(_reason(error)) from None
            else:
                self._flush()
                return

    def recv(self, size: int, take: Take | None = None) -> bytes:  # noqa: ARG002 - nothing is at hand as it comes
        """As ``Transport.recv``, without ``take``.

        A stream that ends without TLS's own end is a broken one (RFC 8446 §6.1).
        """
        while True:
            try:
                return self._engine.read(size)
            except ssl.SSLWantReadError:
                self._flush()
                self._more()
            except ssl.SSLZeroReturnError:
                return b""
            except ssl.SSLError as error:
                raise ConnectionLost(_reason(error)) from None

    def fit_for_another(self) -> bool:
        """Nor may bytes be left."""
        return super().fit_for_another() and not self.has_unread

    @property
    def has_unread(self) -> bool:
        """Whether bytes were taken from the socket that nobody read, so that watching the socket would not tell."""
        return bool(self._incoming.pending or self._engine.pending())

    def send(self, data: bytes) -> None:
        """As ``Transport.send``; what was sent when it fails is not known, and counts as some."""
        try:
            self._engine.write(data)
        except ssl.SSLError as error:
            raise ConnectionLost(_reason(error)) from None
        try:
            self._flush()
        except ConnectionLost as lost:
            raise ConnectionLost(str(lost), max(1, lost.sent)) from None

    def post(self, data: bytes, _box: Postbox, then: Then | None = None) -> None:
        """At once: records are made in the order in which they go out."""
        self._posted, self._then = data, then
        self._write_posted()

    def _more(self) -> None:
        data = super().recv(FULL_READ)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def _flush(self) -> None:
        with self._flushing:
            while data := self._outgoing.read():
                super().send(data)


def _reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    return f"TLS failed: {error.reason or error}"
