"""The agent's end of the socket to the workers: a worker that misbehaves loses its connection, nobody else does."""

from __future__ import annotations

import socket
import stat
import time
from typing import Any

import gevent
import pytest
from gevent import socket as gevent_socket
from prometheus_client import CollectorRegistry

from edge.agent.facts import Facts
from edge.agent.metrics import WorkerMetrics
from edge.agent.worker_link import HELLO_S, WorkerLink
from edge.link import frames
from tests.support.wait import wait_until

HELLO = {"kind": "hello", "pid": 7, "worker": 1}


def connect(agent) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(20)
    sock.connect(str(agent.link))
    return sock


def closed(sock: socket.socket) -> bool:
    """Whether the other end hangs up, whatever it still says, with or without reading what was sent."""
    try:
        while sock.recv(4096):
            pass
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    return True


def version_frame(sock: socket.socket) -> dict[str, Any]:
    """The next one; news of anything may come before it."""
    while (frame := frames.read(sock)) is not None:
        if frame["kind"] == "version":
            return frame
    raise AssertionError("the agent hung up")


def test_the_socket_is_private(agent):
    assert stat.S_IMODE(agent.link.stat().st_mode) == 0o600
    assert stat.S_IMODE(agent.link.parent.stat().st_mode) == 0o700


def test_hello_is_answered_with_the_version(agent):
    with connect(agent) as sock:
        frames.send(sock, HELLO)
        assert version_frame(sock) == {"kind": "version", "incarnation": "", "number": 0}


@pytest.mark.parametrize(
    "first",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        frames.pack({"kind": "applied", "incarnation": "a", "number": 1}),
        frames.pack({"kind": "hello", "pid": "seven", "worker": 1}),
        frames.pack({"kind": "hello"}),
    ],
)
def test_who_does_not_say_hello_is_closed(agent, first):
    with connect(agent) as sock:
        sock.sendall(first)
        assert closed(sock)
    assert agent.get("/healthz")[0] == 200


def test_who_says_nothing_is_closed_after_a_while(agent):
    with connect(agent) as sock:
        sock.settimeout(60)
        started = time.monotonic()
        assert closed(sock)
        assert time.monotonic() - started > HELLO_S - 1


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "surprise"},
        {"kind": "applied"},
        {"kind": "applied", "incarnation": "a", "number": True},
        {"kind": "counters", "counters": 7},
    ],
)
def test_a_frame_that_breaks_the_protocol_costs_the_connection(agent, message):
    good = agent.worker()
    wait_until(lambda: good.number == 0, what="the good worker")
    before = agent.ready()["workers"]
    with connect(agent) as sock:
        frames.send(sock, HELLO)
        assert version_frame(sock)
        frames.send(sock, message)
        assert closed(sock)
    agent.wait_for(lambda ready: ready["workers"] == before)
    good.stop()
    agent.wait_for(lambda ready: ready["workers"] == 0)


def test_workers_come_and_go_in_readiness_and_metrics(agent):
    with connect(agent) as sock:
        frames.send(sock, HELLO)
        agent.wait_for(lambda ready: ready["workers"] == 1)
        frames.send(sock, {"kind": "counters", "gauges": [["weir_requests_in_flight", [], 4]]})
        wait_until(lambda: agent.metric("weir_requests_in_flight") == 4, what="the gauge")
    agent.wait_for(lambda ready: ready["workers"] == 0)
    assert agent.metric("weir_requests_in_flight") == 0


def test_counts_reach_the_metrics_page(agent):
    with connect(agent) as sock:
        frames.send(sock, HELLO)
        for _ in range(2):
            frames.send(sock, {"kind": "counters", "counters": [["weir_requests_total", ["shop", "200"], 5]]})
        series = 'weir_requests_total{rule="shop",status="200"}'
        wait_until(lambda: series in agent.get("/metrics")[1], what="the series")
        wait_until(lambda: agent.metric(series) == 10, what="both frames")


def test_a_worker_that_reads_nothing_does_not_hold_up_the_others(store, agent_at):
    agent = agent_at()
    deaf = connect(agent)
    frames.send(deaf, HELLO)
    good = agent.worker()
    for number in range(1, 6):
        text = f'rule a {{ when path == "/a"; respond 200 "{number}" }}'
        store.side.publish(text)
        wait_until(lambda number=number: good.number == number, what=f"version {number}")
    deaf.close()


def test_a_worker_that_connects_is_greeted_and_hears_what_is_told_after_that(tmp_path):
    link = WorkerLink(tmp_path / "s", Facts(), WorkerMetrics(CollectorRegistry()), on_refused=lambda: None)
    whole = ["a"]
    link.greet_with(lambda: [("set", "1", list(whole)), ("set", "2", frames.pack({"kind": "news"}))])

    def fail():
        yield "other", "", 1
        raise RuntimeError("a part of the agent")

    link.greet_with(fail)
    link.announce("kept", 1)
    link.announce("not kept", 1, keep=False)
    link.tell_all("set", "nobody hears it", None)
    here, there = gevent_socket.socketpair()
    serving = gevent.spawn(link._serve, there, "")
    with here:
        here.settimeout(30)
        frames.send(here, HELLO)
        heard = [frames.read(here) for _ in range(4)]
        link.announce("not kept", 2, keep=False)
        link.tell_all("set", "b", "instead")
        heard += [frames.read(here) for _ in range(2)]
    serving.join(30)
    assert serving.successful()
    news = [(frame.get("topic"), frame.get("body")) for frame in heard]
    assert news == [("kept", 1), ("set", ["a"]), (None, None), ("other", 1), ("not kept", 2), ("set", "b")]
