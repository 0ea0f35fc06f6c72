"""Clients that people use, through a minute of publishes, reloads and killed agents: a WebSocket client echoes on, an
event stream goes on, requests are all answered; then the node stops and nobody who was accepted is lost."""

from __future__ import annotations

import http.client
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.sync.client import connect
from websockets.sync.server import serve

from tests.support.servers import server_folder, start_server
from tests.support.steady_client import SteadyClient
from tests.support.upstream import Peer, Upstream
from tests.support.wait import wait_until
from tests.support.weir_edge import WeirEdge

pytestmark = pytest.mark.chaos

ROUNDS = 12
EVENT_S = 0.05


def rules(mark: int, socket_port: int, events: Upstream) -> str:
    return f"""
        rule a {{ when path == "/a"; respond 200 "{mark}" }}
        rule events {{ when path == "/events"; proxy {events.url} }}
        rule ws {{ when path == "/ws"; proxy http://127.0.0.1:{socket_port} }}
    """


@pytest.fixture
def socket_port() -> Iterator[int]:
    """An echo of the same library's server."""

    def echo(connection) -> None:
        for message in connection:
            connection.send(message)

    with serve(echo, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.socket.getsockname()[1]
        server.shutdown()


@pytest.fixture
def events() -> Iterator[Upstream]:
    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for number in range(100_000):
            peer.send(b"data: %d\n\n" % number)
            time.sleep(EVENT_S)

    upstream = Upstream(script=script).start()
    yield upstream
    upstream.stop()


class Events:
    """Reads an event stream and counts what came in order."""

    def __init__(self, where: str) -> None:
        self._connection = http.client.HTTPConnection(where, timeout=30)
        self._connection.request("GET", "/events")
        self._response = self._connection.getresponse()
        self.count = 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while (line := self._response.fp.readline()) if self._response.fp else b"":
            if line == b"data: %d\n" % self.count:
                self.count += 1


def test_streams_tunnels_and_requests_outlive_publishes_reloads_and_killed_agents(
    tmp_path: Path, socket_port: int, events: Upstream
) -> None:
    with server_folder() as folder:
        store = start_server(folder / "store", None)
        file = folder / "gateway.weir"
        file.write_text(rules(0, socket_port, events))
        flags = ("--redis", store.url, "--config", str(file), "--workers", "2", "--drain-delay", "1s")
        edge = WeirEdge(folder / "node", *flags, "--drain-timeout", "2s")
        try:
            url: str = edge.wait_ready()["edge"][0]
            where = url.removeprefix("http://")
            stream = Events(where)
            with connect(f"ws://{where}/ws") as socket, SteadyClient(url, "/a", connections=8) as client:
                for mark in range(1, ROUNDS + 1):
                    beside = file.with_suffix(".new")
                    beside.write_text(rules(mark, socket_port, events))
                    beside.replace(file)
                    if mark % 2:
                        os.kill(edge.process.pid, signal.SIGHUP)
                    if mark % 5 == 0:
                        os.kill(edge.children()["agent"], signal.SIGKILL)
                    wait_until(
                        lambda mark=mark: edge.get("/a") == (200, str(mark)), within_s=90, what=f"mark {mark}"
                    )
                    before = stream.count
                    for number in range(20):
                        socket.send(f"{mark}-{number}")
                        assert socket.recv(timeout=20) == f"{mark}-{number}"
                    wait_until(lambda before=before: stream.count > before, what="an event")
            assert client.failures == []
            assert client.answers > 100
            stop_under_load(edge, where)
        finally:
            edge.stop()
            store.stop()


def stop_under_load(edge: WeirEdge, where: str) -> None:
    """Readiness goes first; every request that was accepted is answered."""
    lost: list[str] = []
    answers: list[tuple[float, int]] = []

    def ask() -> None:
        while True:
            connection = http.client.HTTPConnection(where, timeout=30)
            try:
                connection.connect()
            except ConnectionRefusedError:
                return
            try:
                connection.request("GET", "/a")
                answers.append((time.monotonic(), connection.getresponse().status))
            except (OSError, http.client.HTTPException) as error:
                lost.append(repr(error))
            connection.close()

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    wait_until(lambda: len(answers) > 50, what="load")
    edge.process.terminate()
    wait_until(lambda: edge.get("/readyz", "status")[0] == 503, what="readiness is off")
    unready = time.monotonic()
    for asker in askers:
        asker.join()
    assert edge.process.wait(60) == 0
    assert lost == []
    assert {status for _, status in answers} == {200}
    assert any(when > unready for when, _ in answers), "it still served when it was not ready any more"
