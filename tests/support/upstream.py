"""A scripted upstream on a raw socket: it records every byte that reached it and answers what it is told.

Each connection is served by a thread. ``script`` gets the connection (``Peer``) and says what happens on it; the
default reads requests one after another and answers each with ``answer(request)``.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

PATIENCE_S = 20.0


@dataclass
class Request:
    """A request as it came."""

    line: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""

    def header(self, name: str) -> bytes | None:
        """The only value of ``name``; None if there is none. Two are an assertion failure."""
        values = self.all(name)
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else None

    def all(self, name: str) -> list[bytes]:
        return [value for key, value in self.headers if key.lower() == name.lower().encode()]


class Peer:
    """One connection of the edge to this upstream."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.received = b""
        self._taken = 0

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def read_until(self, mark: bytes) -> bytes:
        """Everything up to and with ``mark``; EOFError if the edge closes before."""
        while (at := self.received.find(mark, self._taken)) < 0:
            self._more()
        start, self._taken = self._taken, at + len(mark)
        return self.received[start : self._taken]

    def read_exactly(self, count: int) -> bytes:
        while len(self.received) - self._taken < count:
            self._more()
        start, self._taken = self._taken, self._taken + count
        return self.received[start : self._taken]

    def discard(self, count: int) -> None:
        """Reads so many bytes beside the record."""
        have = min(count, len(self.received) - self._taken)
        self._taken += have
        while have < count:
            data = self.sock.recv(min(1 << 20, count - have))
            if not data:
                raise EOFError("the edge closed")
            have += len(data)

    def read_request(self) -> Request:
        """Head and body; EOFError at the end of the connection."""
        lines = self.read_until(b"\r\n\r\n")[:-4].split(b"\r\n")
        headers = [tuple(line.split(b": ", 1)) for line in lines[1:]]
        request = Request(lines[0], headers)  # type: ignore[arg-type]
        if request.header("transfer-encoding") == b"chunked":
            while size := int(self.read_until(b"\r\n"), 16):
                request.body += self.read_exactly(size)
                self.read_exactly(2)
            while self.read_until(b"\r\n") != b"\r\n":
                pass  # trailers
        elif length := request.header("content-length"):
            request.body = self.read_exactly(int(length))
        return request

    def read_to_end(self) -> bytes:
        """What comes until the edge closes."""
        try:
            while True:
                self._more()
        except (EOFError, ConnectionError):
            return self.received[self._taken :]

    def _more(self) -> None:
        data = self.sock.recv(65536)
        if not data:
            raise EOFError("the edge closed")
        self.received += data


def ok(body: bytes = b"ok", *headers: bytes) -> bytes:
    """A 200 with Content-Length."""
    lines = [b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


@dataclass(repr=False)
class Upstream:
    """Listens on a free loopback port from ``start`` to ``stop``."""

    answer: Callable[[Request], bytes] = lambda _request: ok()
    script: Callable[[Peer], None] | None = None
    peers: list[Peer] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def start(self) -> Upstream:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def received(self) -> bytes:
        """Every byte of every connection."""
        return b"".join(peer.received for peer in self.peers)

    def forget(self) -> None:
        """Before the next case: records nothing of what was."""
        self.requests.clear()
        for peer in self.peers:
            peer.received, peer._taken = b"", 0

    def stop(self) -> None:
        self._listener.close()
        for peer in self.peers:
            peer.sock.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.settimeout(PATIENCE_S)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer = Peer(sock)
            self.peers.append(peer)
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: Peer) -> None:
        try:
            (self.script or self._answer_each)(peer)
        except (EOFError, OSError, ValueError):
            pass
        finally:
            peer.sock.close()

    def _answer_each(self, peer: Peer) -> None:
        while True:
            request = peer.read_request()
            self.requests.append(request)
            peer.send(self.answer(request))
