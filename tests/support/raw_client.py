"""A client of raw bytes, with a small response reader for what tests look at."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

PATIENCE_S = 20.0


@dataclass
class Response:
    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""
    clean: bool = True
    """The body ended where its framing says."""
    chunks: list[bytes] = field(default_factory=list)

    def header(self, name: str) -> str | None:
        """The first value."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


class RawClient:
    """One connection to the edge."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def send(self, data: bytes) -> RawClient:
        self.sock.sendall(data)
        return self

    def get(self, path: str = "/", host: str = "a.test", *headers: str) -> Response:
        lines = [f"GET {path} HTTP/1.1", f"Host: {host}", *headers]
        return self.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")).response()

    def response(self, method: str = "GET") -> Response:
        """The next response, 1xx included."""
        head = self.until(b"\r\n\r\n")[:-4].decode("latin-1").split("\r\n")
        headers = [(name, value) for name, _, value in (line.partition(": ") for line in head[1:])]
        response = Response(int(head[0].split(" ")[1]), headers)
        if method != "HEAD" and response.status not in (204, 304) and response.status >= 200:
            self._read_body(response)
        return response

    def until(self, mark: bytes) -> bytes:
        while mark not in self.buffer:
            if not self._more():
                raise EOFError(f"the edge closed after {self.buffer!r}")
        head, _, self.buffer = self.buffer.partition(mark)
        return head + mark

    def rest(self) -> bytes:
        """Everything until the edge closes; a reset counts as the end."""
        try:
            while self._more():
                pass
        except ConnectionError:
            pass
        data, self.buffer = self.buffer, b""
        return data

    def is_closed(self) -> bool:
        """Waits for the edge to close; AssertionError if bytes come instead."""
        assert self.rest() == b""
        return True

    def _more(self) -> bool:
        data = self.sock.recv(65536)
        self.buffer += data
        return bool(data)

    def _read_body(self, response: Response) -> None:
        try:
            if response.header("transfer-encoding") == "chunked":
                while size := int(self.until(b"\r\n"), 16):
                    response.chunks.append(self._exactly(size))
                    self._exactly(2)
                self.until(b"\r\n")
            elif (length := response.header("content-length")) is not None:
                response.chunks.append(self._exactly(int(length)))
            else:
                response.chunks.append(self.rest())
        except (EOFError, ConnectionError):
            response.clean = False
            response.chunks.append(self.buffer)
            self.buffer = b""
        response.body = b"".join(response.chunks)

    def _exactly(self, count: int) -> bytes:
        while len(self.buffer) < count:
            if not self._more():
                raise EOFError("the edge closed in the middle of a body")
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data
