"""The life of worker processes: publishes, reloads, stops, and the agent going away."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import gevent
import pytest
from gevent import socket as gevent_socket

from edge.prefork.worker import EdgeWorker, take_no_more
from edge.upstream.drains_file import Drained, drains_path, write_drains
from tests.support.edge_process import EdgeProcess, SmallAgent
from tests.support.in_process import InProcess
from tests.support.raw_client import RawClient
from tests.support.upstream import Peer, Upstream, ok
from tests.support.wait import wait_until


def refuses(port: int) -> bool:
    """Whether nobody listens there any more."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.fixture
def own_edge(tmp_path: Path) -> Iterator[EdgeProcess]:
    edge = EdgeProcess(tmp_path, 'rule a { when any; respond 200 "1" }', workers=2)
    yield edge
    edge.stop()


class TestPublish:
    def test_no_request_fails_while_versions_change(self, own_edge: EdgeProcess) -> None:
        done = threading.Event()
        statuses: list[int] = []

        def ask() -> None:
            with own_edge.client() as client:
                while not done.is_set():
                    statuses.append(client.get("/").status)

        askers = [threading.Thread(target=ask) for _ in range(4)]
        for asker in askers:
            asker.start()
        for number in range(10):
            own_edge.publish(f'rule a {{ when any; respond 200 "{number}" }}')
        done.set()
        for asker in askers:
            asker.join()
        assert set(statuses) == {200}

    def test_every_worker_serves_the_new_version_when_it_says_so(self, own_edge: EdgeProcess) -> None:
        own_edge.publish('rule a { when any; respond 200 "2" }')
        for _ in range(20):
            with own_edge.client() as client:
                assert client.get("/").body == b"2"

    def test_a_version_that_cannot_be_read_is_refused_and_the_old_one_stays(
        self, own_edge: EdgeProcess
    ) -> None:
        own_edge.write('rule a { when any; respond 200 "2" }')
        for chunk in (own_edge.files.directory / "chunks").iterdir():
            chunk.unlink()
        own_edge.agent.tell("test", own_edge.number)
        wait_until(lambda: len(own_edge.agent.of_kind("refused")) == 2, what="both workers refuse")
        assert "missing" in own_edge.agent.of_kind("refused")[0]["reason"]
        with own_edge.client() as client:
            assert client.get("/").body == b"1"

    def test_the_empty_configuration_can_be_asked_for(self, own_edge: EdgeProcess) -> None:
        own_edge.agent.tell("", 0)
        wait_until(lambda: own_edge.agent.of_kind("applied")[-1]["number"] == 0, what="it is applied")
        wait_until(
            lambda: [m["number"] for m in own_edge.agent.of_kind("applied")].count(0) == 2, what="both do"
        )
        with own_edge.client() as client:
            assert client.get("/").status == 404


class TestAgentAway:
    def test_traffic_goes_on_and_a_new_agent_is_found(self, own_edge: EdgeProcess) -> None:
        own_edge.agent.stop()
        with own_edge.client() as client:
            assert client.get("/").body == b"1"
        path = own_edge.directory / "agent"
        path.unlink()
        own_edge.agent = SmallAgent(path, own_edge.credentials)
        own_edge.agent.version = ("test", own_edge.number)
        wait_until(lambda: len(own_edge.agent.of_kind("hello")) == 2, what="both workers come back")
        own_edge.publish('rule a { when any; respond 200 "2" }')
        with own_edge.client() as client:
            assert client.get("/").body == b"2"

    def test_counters_arrive(self, own_edge: EdgeProcess) -> None:
        with own_edge.client() as client:
            for _ in range(7):
                client.get("/")

        def counted() -> float:
            return sum(
                delta
                for frame in own_edge.agent.of_kind("counters")
                for family, labels, delta in frame["counters"]
                if (family, labels) == ("weir_requests_total", ["a", "200"])
            )

        wait_until(lambda: counted() == 7, what="seven requests are counted")


class TestStop:
    @pytest.fixture
    def slow(self) -> Iterator[tuple[Upstream, threading.Event]]:
        go_on = threading.Event()

        def script(peer: Peer) -> None:
            while True:
                peer.read_request()
                go_on.wait(20)
                peer.send(ok(b"late"))

        upstream = Upstream(script=script).start()
        yield upstream, go_on
        upstream.stop()

    def test_idle_connections_close_at_once_and_busy_ones_finish(
        self, own_edge: EdgeProcess, slow: tuple[Upstream, threading.Event]
    ) -> None:
        upstream, go_on = slow
        own_edge.publish(
            f'rule a {{ when any; respond 200 "1" }}\nrule b {{ when path == "/slow"; proxy {upstream.url} }}'
        )
        with own_edge.client() as idle, own_edge.client() as busy:
            idle.get("/")
            busy.send(b"GET /slow HTTP/1.1\r\nHost: a.test\r\n\r\n")
            wait_until(lambda: b"/slow" in upstream.received, what="the upstream is asked")
            os.kill(own_edge.process.pid, signal.SIGTERM)
            assert idle.is_closed()
            wait_until(lambda: refuses(own_edge.port), what="every worker has noticed")
            go_on.set()
            response = busy.response()
            assert (response.body, response.header("connection")) == (b"late", "close")
            assert busy.is_closed()
        assert own_edge.stop() == 0

    def test_a_reload_loses_no_request(
        self, own_edge: EdgeProcess, slow: tuple[Upstream, threading.Event]
    ) -> None:
        upstream, go_on = slow
        own_edge.publish(f'rule b {{ when path == "/slow"; proxy {upstream.url} }}')
        before = set(own_edge.worker_pids())
        with own_edge.client() as busy:
            busy.send(b"GET /slow HTTP/1.1\r\nHost: a.test\r\n\r\n")
            wait_until(lambda: b"/slow" in upstream.received, what="the upstream is asked")
            os.kill(own_edge.process.pid, signal.SIGHUP)
            wait_until(lambda: len(set(own_edge.worker_pids()) - before) == 2, what="new workers")
            go_on.set()
            assert busy.response().body == b"late"
        wait_until(lambda: not set(own_edge.worker_pids()) & before, what="old workers end")
        with own_edge.client() as client:
            assert client.get("/x").status == 404

    def test_old_workers_leave_their_part_of_the_reserve_to_new_ones_before_they_end(
        self, own_edge: EdgeProcess, slow: tuple[Upstream, threading.Event]
    ) -> None:
        upstream, go_on = slow

        def left() -> bool:
            asked = own_edge.agent.of_kind("asks")
            bodies = [body for ask in asked for _, topic, body in ask["items"] if topic == "budget"]
            return any(body.get("leaves") for body in bodies)

        own_edge.publish(f'rule b {{ when path == "/slow"; retry 1 on 503; proxy {upstream.url} }}')
        with own_edge.client() as busy:
            busy.send(b"GET /slow HTTP/1.1\r\nHost: a.test\r\n\r\n")
            wait_until(lambda: b"/slow" in upstream.received, what="the upstream is asked")
            assert not left()
            os.kill(own_edge.process.pid, signal.SIGHUP)
            wait_until(left, what="an old worker leaves")
            go_on.set()
            assert busy.response().body == b"late"

    def test_a_killed_worker_is_replaced_and_serves_the_version_on_disk(self, own_edge: EdgeProcess) -> None:
        own_edge.publish('rule a { when any; respond 200 "2" }')
        own_edge.agent.stop()
        before = set(own_edge.worker_pids())
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: len(set(own_edge.worker_pids()) - before) == 2, what="new workers")
        with RawClient(own_edge.port) as client:
            assert client.get("/").body == b"2"


def test_a_graceful_stop_loses_no_count_and_no_line(own_edge: EdgeProcess) -> None:
    for _ in range(7):
        with own_edge.client() as client:
            client.get("/")
            client.get("/")
    own_edge.process.send_signal(signal.SIGTERM)
    assert own_edge.process.wait(timeout=30) == 0

    def counts() -> tuple[int, int]:
        frames = own_edge.agent.of_kind("counters")
        counters = [each for frame in frames for each in frame["counters"]]
        counted = [count for name, _, count in counters if name == "weir_requests_total"]
        seconds = [sum(each[2]) for frame in frames for each in frame["histograms"]]
        return sum(counted), sum(seconds)

    wait_until(lambda: counts() == (14, 14), what="the last counts of both workers")
    assert len(own_edge.log()) == 14


def test_every_worker_opens_the_access_log_again_when_it_is_told(own_edge: EdgeProcess) -> None:
    path = own_edge.directory / "access.log"
    with own_edge.client() as client:
        client.get("/before")
    own_edge.logged(1)
    path.rename(path.with_suffix(".1"))
    own_edge.process.send_signal(signal.SIGUSR1)
    wait_until(path.exists, what="the new file")
    for _ in range(10):
        with own_edge.client() as client:
            assert client.get("/after").status == 200
    assert [line["path"] for line in own_edge.logged(10)] == ["/after"] * 10
    assert "/before" in path.with_suffix(".1").read_text()


def test_the_access_log_in_the_combined_format(tmp_path: Path) -> None:
    edge = EdgeProcess(tmp_path, "rule a { when any; respond 200 }", access_log_format="combined")
    with edge.client() as client:
        client.get("/a?b=1")
    edge.stop()
    assert '"GET /a?b=1 HTTP/1.1" 200 ' in (tmp_path / "access.log").read_text()


def test_a_connection_taken_just_before_its_listener_closed_is_served(tmp_path: Path) -> None:
    worker = object.__new__(EdgeWorker)
    worker.engine = InProcess(tmp_path, 'rule a { when any; respond 200 "1" }').engine
    worker.cfg, worker.worker_connections = SimpleNamespace(workers=1), 10
    with gevent_socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = worker._server(listener, "off")
        client = gevent_socket.create_connection(listener.getsockname(), timeout=20)
        server.take_waiting()
        server.close()
        with client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
            answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_worker_that_does_not_know_how_many_nodes_live_takes_its_part_of_the_most_that_may(
    tmp_path: Path,
) -> None:
    rules = "upstream u { target http://127.0.0.1:9; concurrency 40 } rule a { when any; proxy u }"
    edge = EdgeProcess(tmp_path, rules, max_nodes=4)

    def limits() -> list[float]:
        sent = [gauge for message in edge.agent.of_kind("counters") for gauge in message["gauges"]]
        return [value for family, _, value in sent if family == "weir_concurrency_limit"]

    try:
        wait_until(limits, what="the first limit")
        assert set(limits()) == {10.0}
        edge.agent.announce("nodes", {"nodes": 2})
        wait_until(lambda: limits()[-1] == 20.0, what="the limit of one of two nodes")
    finally:
        edge.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="packet filters of sockets are Linux's")
def test_a_kernel_without_packet_filters_does_not_end_the_worker(caplog: pytest.LogCaptureFixture) -> None:
    def refuses(*_of: object) -> None:
        raise OSError(errno.ENOPROTOOPT, "no")

    take_no_more(SimpleNamespace(setsockopt=refuses))
    assert "may be reset" in caplog.text


def test_small_answers_wait_for_nothing_on_a_new_connection(tmp_path: Path) -> None:
    worker = object.__new__(EdgeWorker)
    worker.engine = InProcess(tmp_path, "").engine
    worker.cfg, worker.worker_connections = SimpleNamespace(workers=2), 10
    with gevent_socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = worker._server(listener, "off")
        with gevent.Timeout(20), gevent_socket.create_connection(listener.getsockname()):
            while not worker.engine.connections:
                gevent.sleep(0.002)
            (connection,) = worker.engine.connections
            sock = connection.transport.sock
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert sock.gettimeout() == 0
        with gevent.Timeout(20):
            while server.open:
                gevent.sleep(0.002)
        server.close()


def test_a_worker_that_starts_without_an_agent_goes_by_the_drains_on_disk(tmp_path: Path) -> None:
    one, other = (
        Upstream(answer=lambda _: ok(b"one")).start(),
        Upstream(answer=lambda _: ok(b"other")).start(),
    )
    until = time.monotonic() + 60
    write_drains(drains_path(tmp_path / "version"), [Drained("file", "u", one.url, until)])
    edge = EdgeProcess(
        tmp_path, f"upstream u {{ target {one.url}; target {other.url} }}\nrule a {{ when any; proxy u }}"
    )
    try:
        with edge.client() as client:
            assert {client.get().body for _ in range(6)} == {b"other"}
    finally:
        edge.stop()
        one.stop()
        other.stop()
