"""Clients that leave in the worst moment cost nobody else anything."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable

from tests.support.edge_process import EdgeProcess
from tests.support.steady_client import SteadyClient
from tests.support.upstream import Upstream

ABORT = struct.pack("ii", 1, 0)
"""SO_LINGER that makes a close a reset."""


def ask_and_leave(port: int, after_s: float, *, abort: bool) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET /gone HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(after_s)
        if abort:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)


def test_a_client_that_leaves_while_its_answer_arrives_never_ends_the_request_of_another(
    edge: EdgeProcess, upstreams: Callable[..., Upstream]
) -> None:
    """Its going is told to the connection it was served by; that one must not be served to the next."""
    upstream = upstreams()
    edge.publish(f"rule all {{ proxy http://127.0.0.1:{upstream.port} }}")
    with SteadyClient(f"http://127.0.0.1:{edge.port}", connections=8) as client:
        for number in range(600):
            ask_and_leave(edge.port, (number % 30) * 0.0001, abort=number % 2 == 0)
    assert client.failures == []
    assert client.answers > 0
