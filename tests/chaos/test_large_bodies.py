"""Two gibibytes up and two down go through a worker that stays small."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.edge_process import EdgeProcess

pytestmark = pytest.mark.chaos

SIZE = 2 * 1024**3
PIECE = b"x" * 1024 * 1024
GROWTH = 64 * 1024**2


class Echo:
    """Reads a whole request body, then answers with as many bytes."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            data = b""
            while b"\r\n\r\n" not in data:
                data += connection.recv(65536)
            left = SIZE - len(data.partition(b"\r\n\r\n")[2])
            while left:
                left -= len(connection.recv(min(left, 1 << 20)))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE)
            for _ in range(SIZE // len(PIECE)):
                connection.sendall(PIECE)


@pytest.fixture
def echo() -> Iterator[Echo]:
    service = Echo()
    yield service
    service.close()


def resident(pid: int) -> int:
    """Bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


def test_two_gibibytes_each_way_within_64_mib(tmp_path: Path, echo: Echo) -> None:
    rules = f"rule all {{ max body 4GiB; timeout try 10m; proxy http://127.0.0.1:{echo.port} }}"
    edge = EdgeProcess(tmp_path, rules)
    try:
        (worker,) = edge.worker_pids()
        before, most, received = resident(worker), 0, 0
        with socket.create_connection(("127.0.0.1", edge.port)) as client:
            client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % SIZE)
            for _ in range(SIZE // len(PIECE)):
                client.sendall(PIECE)
                most = max(most, resident(worker))
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(65536)
            assert head.startswith(b"HTTP/1.1 200 ")
            received = len(head.partition(b"\r\n\r\n")[2])
            while received < SIZE:
                received += len(client.recv(1 << 20))
                most = max(most, resident(worker))
        assert received == SIZE
        assert most - before <= GROWTH
    finally:
        edge.stop()
