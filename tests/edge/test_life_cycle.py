"""What open requests, streams and tunnels see of reloads, stops and deaths of workers: real processes and signals."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.support.edge_process import EdgeProcess
from tests.support.owners import owner, owners
from tests.support.raw_client import RawClient
from tests.support.upstream import Peer, Upstream, ok
from tests.support.wait import wait_until

UPGRADE = b"GET /ws HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
Make = Callable[..., EdgeProcess]


class Service:
    """``/ws`` echoes lines, ``/events`` says one when told to, everything else answers when told to."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.say = threading.Semaphore(0)
        self.upstream = Upstream(script=self._serve).start()

    def _serve(self, peer: Peer) -> None:
        while True:
            request = peer.read_request()
            self.upstream.requests.append(request)
            if request.line.startswith(b"GET /ws "):
                peer.send(SWITCH)
                while True:
                    peer.send(peer.read_until(b"\n").upper())
            if request.line.startswith(b"GET /events "):
                peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: begin\n\n")
                while self.say.acquire(timeout=20):
                    peer.send(b"data: more\n\n")
            self.go_on.wait(20)
            peer.send(ok(b"late"))


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    yield service
    service.go_on.set()
    service.upstream.stop()


@pytest.fixture
def start(tmp_path: Path, service: Service) -> Iterator[Make]:
    started: list[EdgeProcess] = []

    def make(**options: object) -> EdgeProcess:
        rules = f"""
            rule quick {{ when path == "/quick"; respond 200 "quick" }}
            rule rest {{ when any; proxy {service.upstream.url} }}
        """
        started.append(EdgeProcess(tmp_path, rules, **{"workers": 2, **options}))  # type: ignore[arg-type]
        return started[-1]

    yield make
    for edge in started:
        edge.stop()


def tunnel(edge: EdgeProcess) -> RawClient:
    client = edge.client().send(UPGRADE)
    assert client.response().status == 101
    return client


def echoes(client: RawClient, word: bytes) -> bool:
    return client.send(word + b"\n").until(b"\n") == word.upper() + b"\n"


def refuses(port: int) -> bool:
    try:
        RawClient(port).sock.close()
    except ConnectionRefusedError:
        return True
    return False


def reload(edge: EdgeProcess) -> set[int]:
    """Returns the old workers when the new ones serve and the old ones take no more."""
    before = set(edge.worker_pids())
    os.kill(edge.process.pid, signal.SIGHUP)
    wait_until(lambda: len(set(edge.worker_pids()) - before) == edge.workers, what="new workers")
    wait_until(partial(only_new_take, edge, before), what="the old workers take no more")
    return before


def only_new_take(edge: EdgeProcess, old: set[int]) -> bool:
    """Whether connections, several at once, are taken by new workers only."""
    with ExitStack() as stack:
        clients = [stack.enter_context(edge.client()) for _ in range(8)]
        try:
            answers = [client.get("/quick") for client in clients]
        except EOFError:
            return False  # one that an old worker took, and that asked nothing within its last call
        assert all(answer.body == b"quick" for answer in answers)
        new = set(edge.worker_pids()) - old
        return all(owner(client, new) for client in clients)


class TestReload:
    def test_tunnels_and_event_streams_go_on_in_the_old_workers_until_they_end(
        self, start: Make, service: Service
    ) -> None:
        edge = start()
        with tunnel(edge) as socket, edge.client() as events:
            events.send(b"GET /events HTTP/1.1\r\nHost: a.test\r\n\r\n").until(b"data: begin\n\n")
            old = reload(edge)
            assert echoes(socket, b"still")
            service.say.release()
            events.until(b"data: more\n\n")
            reload(edge)
            assert echoes(socket, b"and still")
            service.say.release()
            events.until(b"data: more\n\n")
        wait_until(lambda: not set(edge.worker_pids()) & old, what="old workers end with their connections")

    def test_they_end_when_the_time_of_a_reload_is_over(self, start: Make) -> None:
        edge = start(reload_timeout_s=1.5)
        with tunnel(edge) as socket:
            old = reload(edge)
            assert socket.is_closed()
        wait_until(lambda: not set(edge.worker_pids()) & old, what="the old workers end")
        wait_until(
            lambda: [line["path"] for line in edge.log()].count("/ws") == 1, what="its line in the log"
        )

    def test_a_worker_that_dies_meanwhile_is_replaced(self, start: Make) -> None:
        edge = start()
        with tunnel(edge) as socket:
            old = reload(edge)
            new = set(edge.worker_pids()) - old
            for pid in new:
                os.kill(pid, signal.SIGKILL)
            wait_until(lambda: len(set(edge.worker_pids()) - old - new) == 2, what="newer workers")
            assert echoes(socket, b"still")


class TestStop:
    def test_a_tunnel_goes_on_until_the_time_is_over_and_a_request_that_waits_is_told(
        self, start: Make
    ) -> None:
        edge = start(drain_timeout_s=2)
        with tunnel(edge) as socket, edge.client() as waiting:
            waiting.send(b"GET /slow HTTP/1.1\r\nHost: a.test\r\n\r\n")
            wait_until(lambda: b"/slow" in edge_lines(edge, waiting), what="it is under way")
            os.kill(edge.process.pid, signal.SIGTERM)
            assert echoes(socket, b"still")
            response = waiting.response()
            assert (response.status, response.header("connection")) == (503, "close")
            assert b'"code":"stopping"' in response.body
            assert socket.is_closed()
        assert edge.stop() == 0
        assert {line["path"] for line in edge.log()} == {"/ws", "/slow"}

    def test_the_time_of_a_stop_counts_for_workers_that_a_reload_replaced_as_well(self, start: Make) -> None:
        edge = start(drain_timeout_s=1)
        with tunnel(edge) as socket:
            reload(edge)
            os.kill(edge.process.pid, signal.SIGTERM)
            assert socket.is_closed()
        assert edge.stop() == 0

    def test_who_has_begun_to_ask_is_answered_and_who_has_not_is_closed(self, start: Make) -> None:
        edge = start()
        with edge.client() as idle, edge.client() as asking:
            idle.get("/quick")
            asking.send(b"GET /quick HTTP/1.1\r\n")
            wait_until(lambda: owner(asking, edge.worker_pids()), what="it is accepted")
            os.kill(edge.process.pid, signal.SIGTERM)
            wait_until(lambda: refuses(edge.port), what="no more is accepted")
            assert idle.is_closed()
            response = asking.send(b"Host: a.test\r\n\r\n").response()
            assert (response.status, response.header("connection")) == (200, "close")

    def test_nobody_who_was_accepted_is_lost_under_load(self, start: Make) -> None:
        edge = start(workers=2)
        lost: list[str] = []
        answers: list[int] = []

        def ask() -> None:
            while True:
                try:
                    client = edge.client()
                except ConnectionRefusedError:
                    return
                with client:
                    try:
                        for number in range(20):  # noqa: B007 - said where one is lost
                            response = client.get("/quick")
                            answers.append(response.status)
                            if response.header("connection") == "close":
                                break
                    except (EOFError, OSError) as error:
                        lost.append(f"request {number} of a connection: {error!r}")

        askers = [threading.Thread(target=ask) for _ in range(8)]
        for asker in askers:
            asker.start()
        wait_until(lambda: len(answers) > 500, what="load")
        os.kill(edge.process.pid, signal.SIGTERM)
        for asker in askers:
            asker.join()
        assert lost == []
        assert set(answers) == {200}


def edge_lines(edge: EdgeProcess, client: RawClient) -> bytes:
    """What upstreams were asked so far is known by the sockets that wait; here by the worker that holds it."""
    return b"/slow" if owners([client], edge.worker_pids()) else b""


class TestKill:
    def test_only_the_requests_of_a_killed_worker_are_lost(self, start: Make, service: Service) -> None:
        edge = start()
        with ExitStack() as stack:
            clients = [stack.enter_context(edge.client()) for _ in range(24)]
            for client in clients:
                client.send(b"GET /slow HTTP/1.1\r\nHost: a.test\r\n\r\n")
            wait_until(lambda: len(service.upstream.requests) == 24, what="all are under way")
            held_by = owners(clients, edge.worker_pids())
            victim = held_by[0]
            os.kill(victim, signal.SIGKILL)
            service.go_on.set()
            for client, owner in zip(clients, held_by, strict=True):
                if owner == victim:
                    assert client.rest() == b""
                else:
                    assert client.response().body == b"late"
            wait_until(lambda: len(set(edge.worker_pids()) - {victim}) == 2, what="another worker")
