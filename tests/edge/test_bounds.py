"""Every bound of a client's connection against a real edge, one below and one above; slow clients end in time."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.support.edge_process import EdgeProcess
from tests.support.raw_client import RawClient
from tests.support.tree import ROOT
from tests.support.upstream import Peer, ok
from tests.support.wait import wait_until
from weir.settings.table import SETTINGS

WAIT_S = 0.6
GET = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"
RULES = 'defaults { max head 1KiB }\nrule a { when any; respond 200 "ok" }'


@pytest.fixture(scope="module")
def tight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeProcess]:
    edge = EdgeProcess(
        tmp_path_factory.mktemp("edge"),
        RULES,
        head_timeout_s=WAIT_S,
        keep_alive_s=WAIT_S,
        body_timeout_s=WAIT_S,
        write_timeout_s=WAIT_S,
        max_target=64,
        max_fields=10,
    )
    yield edge
    edge.stop()


AT_THE_BOUND = {
    "head_timeout": "tests/edge/test_bounds.py::test_a_head_that_drips_is_over_at_its_deadline",
    "keep_alive": "tests/edge/test_bounds.py::test_an_idle_connection_is_closed_after_its_time",
    "body_timeout": "tests/edge/test_bounds.py::test_a_body_that_stalls_is_over_after_its_time",
    "write_timeout": "tests/edge/test_bounds.py::test_a_client_that_takes_nothing_of_its_answer",
    "max_target": "tests/edge/test_bounds.py::test_a_head_is_bounded_to_the_byte_and_to_the_field",
    "max_fields": "tests/edge/test_bounds.py::test_a_head_is_bounded_to_the_byte_and_to_the_field",
    "max_connections": "tests/edge/test_bounds.py::test_one_more_than_a_worker_takes",
    "max_connections_per_address": "tests/edge/test_bounds.py::test_one_more_than_an_address_may_have",
    "drain_delay": "tests/weir/processes/test_group.py::test_between_the_drain_signal_and_the_first_stop",
    "drain_timeout": "tests/edge/test_life_cycle.py::test_a_tunnel_goes_on_until_the_time_is_over",
    "reload_timeout": "tests/edge/test_life_cycle.py::test_they_end_when_the_time_of_a_reload_is_over",
}
"""Which test meets each bound of a client's connection."""
OF_CLIENTS = re.compile(
    r"(head|body|write|drain|reload)_timeout|keep_alive|drain_delay|max_(target|fields|connections.*)"
)


@pytest.mark.parametrize("name", [each.name for each in SETTINGS if OF_CLIENTS.fullmatch(each.name)])
def test_every_bound_that_can_be_set_has_a_test_at_it(name: str) -> None:
    file, _, test = AT_THE_BOUND[name].partition("::")
    assert f"def {test}" in (ROOT / file).read_text()


def head_of(*, target: int = 1, fields: int = 1) -> bytes:
    lines = [b"GET /" + b"a" * (target - 1) + b" HTTP/1.1", b"Host: a.test"]
    return b"\r\n".join([*lines, *(b"X-%d: v" % n for n in range(fields - 1))]) + b"\r\n\r\n"


class TestSizes:
    @pytest.mark.parametrize(
        ("bounds", "status"),
        [
            ({"target": 64}, 200), ({"target": 65}, 414),
            ({"fields": 10}, 200), ({"fields": 11}, 431),
        ],
    )  # fmt: skip
    def test_a_head_is_bounded_to_the_byte_and_to_the_field(
        self, tight: EdgeProcess, bounds: dict[str, int], status: int
    ) -> None:
        with tight.client() as client:
            assert client.send(head_of(**bounds)).response().status == status

    @pytest.mark.parametrize(("count", "status"), [(10, 200), (11, 431)])
    def test_trailers_are_bounded_as_fields_are(
        self, tight: EdgeProcess, upstreams, count: int, status: int
    ) -> None:
        tight.publish(f"rule a {{ when any; proxy {upstreams().url} }}")
        with tight.client() as client:
            client.send(b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
            client.send(b"0\r\n" + b"".join(b"X-%d: v\r\n" % n for n in range(count)))
            client.send(b"\r\n")
            assert client.response().status == status
            if status == 431:
                assert client.is_closed()
        tight.publish(RULES)


class TestSlowClients:
    def test_a_head_that_drips_is_over_at_its_deadline_however_often_a_byte_comes(
        self, tight: EdgeProcess
    ) -> None:
        with tight.client() as client:
            started = time.monotonic()
            client.sock.settimeout(0.05)
            client.send(b"GET / HTTP/1.1\r\nHost: a.test\r\n")
            while True:
                try:
                    client.send(b"X")
                    if client.sock.recv(1, 2):
                        break
                except TimeoutError:
                    assert time.monotonic() - started < 20
            assert time.monotonic() - started >= WAIT_S
            client.sock.settimeout(20)
            assert client.response().status == 408

    def test_an_idle_connection_is_closed_after_its_time_and_not_before(self, tight: EdgeProcess) -> None:
        with tight.client() as client:
            client.send(GET).response()
            started = time.monotonic()
            assert client.is_closed()
            assert time.monotonic() - started >= WAIT_S - 0.1

    def test_a_body_that_comes_slowly_but_comes_is_no_stall(self, tight: EdgeProcess, upstreams) -> None:
        upstream = upstreams()
        tight.publish(f"rule a {{ when any; proxy {upstream.url} }}")
        with tight.client() as client:
            client.send(b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 8\r\n\r\n")
            started = time.monotonic()
            for due in [started + n * WAIT_S / 4 for n in range(1, 9)]:
                wait_until(partial(_is_past, due), what="the next byte's time")
                client.send(b"x")
            assert client.response().status == 200
        assert time.monotonic() - started > WAIT_S
        assert upstream.requests[0].body == b"x" * 8
        tight.publish(RULES)

    def test_a_body_that_stalls_is_over_after_its_time_and_not_before(
        self, tight: EdgeProcess, upstreams
    ) -> None:
        tight.publish(f"rule a {{ when any; proxy {upstreams().url} }}")
        with tight.client() as client:
            client.send(b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 8\r\n\r\nx")
            started = time.monotonic()
            assert client.response().status == 408
            assert time.monotonic() - started >= WAIT_S - 0.1
        tight.publish(RULES)

    def test_a_client_that_takes_nothing_of_its_answer_is_given_up_after_its_time_and_not_before(
        self, tight: EdgeProcess, upstreams
    ) -> None:
        upstream = upstreams(answer=lambda _request: ok(b"x" * 16 * 1024**2))
        tight.publish(f'rule a {{ when path == "/large"; proxy {upstream.url} }}')
        with tight.client() as client:
            started = time.monotonic()
            client.send(b"GET /large HTTP/1.1\r\nHost: a.test\r\n\r\n")
            lines = partial(_lines, tight, "/large")
            line = wait_until(lines, what="its line in the log")[0]
            assert line["status"] == 499
            assert time.monotonic() - started >= WAIT_S
        tight.publish(RULES)

    def test_many_slow_heads_do_not_keep_others_waiting(self, tight: EdgeProcess) -> None:
        slow = [tight.client().send(b"GET / HTTP/1.1\r\nX-Slow: ") for _ in range(200)]
        with tight.client() as client:
            assert client.send(GET).response().body == b"ok"
        for client in slow:
            assert client.response().status == 408
            client.sock.close()


class TestConnections:
    @pytest.fixture
    def few(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeProcess]:
        edge = EdgeProcess(tmp_path_factory.mktemp("edge"), RULES, worker_connections=2)
        yield edge
        edge.stop()

    def test_one_more_than_a_worker_takes_waits_for_another_s_end(self, few: EdgeProcess) -> None:
        with few.client() as first, few.client() as second, few.client() as third:
            for client in (first, second):
                assert client.send(GET).response().status == 200
            third.send(GET)
            assert all(first.send(GET).response().status == 200 for _ in range(20))
            third.sock.setblocking(False)
            with pytest.raises(BlockingIOError):
                third.sock.recv(1)
            third.sock.settimeout(20)
            second.sock.close()
            assert third.response().status == 200

    @pytest.fixture
    def three_each(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeProcess]:
        edge = EdgeProcess(tmp_path_factory.mktemp("edge"), RULES, per_address=3)
        yield edge
        edge.stop()

    def test_one_more_than_an_address_may_have_is_answered_503_and_closed(
        self, three_each: EdgeProcess
    ) -> None:
        edge = three_each
        clients = [edge.client() for _ in range(3)]
        for client in clients:
            assert client.send(GET).response().status == 200
        with edge.client() as client:
            response = client.response()
            assert (response.status, response.header("connection")) == (503, "close")
            assert b"too-many-connections" in response.body
            assert response.header("date")
            assert client.is_closed()
        clients.pop().sock.close()

        wait_until(lambda: _status(edge) == 200, what="the place that became free is given")
        edge.publish('defaults { trusted_proxies ["127.0.0.1"] }\n' + RULES.splitlines()[1])
        clients += [edge.client() for _ in range(3)]
        for client in clients:
            assert client.send(GET).response().status == 200
            client.sock.close()


def _lines(edge: EdgeProcess, path: str) -> list[dict[str, Any]]:
    return [line for line in edge.log() if line["path"] == path]


def _is_past(moment: float) -> bool:
    return time.monotonic() >= moment


def _status(edge: EdgeProcess) -> int:
    with RawClient(edge.port) as client:
        try:
            return client.send(GET).response().status
        except (EOFError, ConnectionError):
            return 0


class TestStreams:
    def test_an_event_stream_ends_at_its_own_idle_time_not_at_that_of_an_attempt(
        self, tight: EdgeProcess, upstreams
    ) -> None:
        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
            peer.read_to_end()

        upstream = upstreams(script=script)
        idle = f"idle {round(WAIT_S * 1000)}ms"
        tight.publish(f"rule a {{ when any; timeout try 200ms, {idle}; proxy {upstream.url} }}")
        with tight.client() as client:
            client.send(GET)
            assert client.until(b"data: 1\n\n")
            started = time.monotonic()
            client.rest()
            assert time.monotonic() - started >= WAIT_S - 0.1
        tight.publish(RULES)
