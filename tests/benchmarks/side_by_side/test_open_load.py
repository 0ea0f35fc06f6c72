import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from benchmarks.side_by_side.open_load import REQUEST, outcome
from benchmarks.side_by_side.process import ROOT
from benchmarks.side_by_side.work import BODY

ANSWER = f"HTTP/1.1 200 OK\r\nContent-Length: {len(BODY)}\r\n\r\n{BODY}".encode()


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (ANSWER, ""),
        (ANSWER[:5], None),
        (ANSWER[:-1], None),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "HTTP/1.1 502 Bad Gateway"),
        (b"junk", "junk"),
    ],
)
def test_an_answer_is_whole_or_not_yet_or_a_failure(got: bytes, said: str | None) -> None:
    assert outcome(got) == said


def load(port: int, rate: float, seconds: float) -> dict[str, list[Any]]:
    command = [sys.executable, "-m", "benchmarks.side_by_side.open_load", port, rate, seconds, 2]
    with subprocess.Popen(
        [*map(str, command)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said: dict[str, list[Any]] = json.loads(process.stdout.read())
    return said


@contextmanager
def listening(answers: tuple[bytes, ...]) -> Iterator[int]:
    """Every connection gets these answers, one for each request, and is closed after the last."""

    def serve(connection: socket.socket) -> None:
        with connection:
            for answer in answers:
                if connection.recv(4096) != REQUEST:
                    return
                connection.sendall(answer)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def test_requests_are_due_at_the_rate_and_each_has_a_latency() -> None:
    with listening((ANSWER,) * 100) as port:
        said = load(port, 100, 0.5)
    assert len(said["due"]) == len(said["latency"]) == 50
    assert said["failed"] == []
    due = sorted(said["due"])
    assert due[-1] - due[0] == pytest.approx(0.49, abs=1e-6)
    assert min(said["latency"]) > 0


def test_a_connection_that_is_closed_between_requests_is_nobodys_failure() -> None:
    with listening((ANSWER,)) as port:
        said = load(port, 20, 0.5)
    assert len(said["due"]) + len(said["failed"]) == 10
    assert len(said["due"]) >= 1


def test_an_answer_that_is_not_200_is_a_failure_with_its_first_line() -> None:
    with listening((b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",)) as port:
        said = load(port, 20, 0.2)
    assert said["due"] == []
    assert {failure[1] for failure in said["failed"]} == {"HTTP/1.1 503 Service Unavailable"}
    assert len(said["failed"]) == 4
