"""What happens to a connection before its first request; PROXY headers: ``test_proxy_protocol.py``."""

from __future__ import annotations

import socket
from pathlib import Path

import gevent
import gevent.socket
import pytest
from gevent.event import Event
from msgspec.structs import replace

from edge.downstream.arrival import receive
from edge.transport import Transport
from tests.support.in_process import InProcess

RULES = 'defaults { trusted_proxies ["10.0.0.0/8"] }\nrule a { when any; respond 200 "" }'
GET = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"


def status_of(edge: InProcess, peer: str) -> int:
    """Of a connection that is over then."""
    open_before, over = len(edge.engine.addresses), Event()
    ours, theirs = gevent.socket.socketpair()
    with ours:
        ours.settimeout(20)
        ours.sendall(GET)
        ours.shutdown(socket.SHUT_WR)
        gevent.get_hub().loop.run_callback(receive, edge.engine, Transport(theirs), peer, 80, "off", over.set)
        answer = b"".join(iter(lambda: ours.recv(65536), b""))
    assert over.wait(20)
    assert len(edge.engine.addresses) == open_before
    assert edge.engine.telemetry.accepted == 1
    return int(answer.split(b" ")[1])


@pytest.fixture
def edge(tmp_path: Path) -> InProcess:
    edge = InProcess(tmp_path, RULES)
    edge.engine.limits = replace(edge.engine.limits, per_address=2)
    for peer in ("192.0.2.1", "192.0.2.1", "192.0.2.2", "10.0.0.1", "10.0.0.1", ""):
        edge.engine.addresses.enter(peer)
    return edge


@pytest.mark.parametrize(
    ("peer", "status"), [("192.0.2.1", 503), ("192.0.2.2", 200), ("10.0.0.1", 200), ("", 200)]
)
def test_one_more_than_the_bound_is_answered_503_but_for_trusted_peers(
    edge: InProcess, peer: str, status: int
) -> None:
    assert status_of(edge, peer) == status
    assert edge.engine.telemetry.connections == ({"per-address": 1} if status == 503 else {})


def test_when_one_is_over_the_next_may_come(edge: InProcess) -> None:
    edge.engine.addresses.leave("192.0.2.1")
    assert status_of(edge, "192.0.2.1") == 200


def test_0_is_no_bound(edge: InProcess) -> None:
    edge.engine.limits = replace(edge.engine.limits, per_address=0)
    assert status_of(edge, "192.0.2.1") == 200
