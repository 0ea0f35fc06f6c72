"""A rolling update, with real processes in the network namespaces of two machines: under constant load through a
balancer that follows readiness no request is lost, a WebSocket is drained in time, and a machine that is cut off from
its store for a minute serves on and catches up. What Kubernetes does is done by hand: the new pod first, ready for a
while, then the hook, then SIGTERM to the old one.

Not shown: a kubelet and kube-proxy. HAProxy stands for them, without retries.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.server import serve

from tests.support.namespaces import UPSTREAM, Machine, Machines
from tests.support.node_agent import StoreSide
from tests.support.parts import need
from tests.support.ports import free_port
from tests.support.servers import RunningServer, server_folder, start_server
from tests.support.steady_client import SteadyClient
from tests.support.wait import wait_until
from tests.support.weir_up import environment

pytestmark = pytest.mark.chaos

PRE_STOP_S = 5.0
DRAIN_DELAY_S, DRAIN_TIMEOUT_S = 5, 8
MIN_READY_S = 5.0
CUT_S = 60.0
SLACK_S = 10.0
"""What an end takes besides, on a busy machine."""


class Pod:
    """A node on a machine; ``port`` tells it from the one that it replaces."""

    def __init__(self, folder: Path, machine: Machine, port: int, store_port: int) -> None:
        self.machine = machine
        self.name = f"{machine.name}-{port}"
        self.status = f"http://{machine.address}:{port + 1}"
        store = f"redis://{machine.store_address}:{store_port}"
        flags = {
            "--state": str(folder / self.name), "--node": self.name, "--redis": store, "--workers": "2",
            "--edge": f"{machine.address}:{port}", "--status": f"{machine.address}:{port + 1}",
            "--drain-delay": f"{DRAIN_DELAY_S}s", "--drain-timeout": f"{DRAIN_TIMEOUT_S}s", "--access-log": "off",
        }  # fmt: skip
        words = [word for pair in flags.items() for word in pair]
        self.log = folder / f"{self.name}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                machine.command(sys.executable, "-P", "-m", "edge", *words),
                env=environment(), stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def facts(self) -> dict[str, Any]:
        try:
            with urllib.request.urlopen(f"{self.status}/readyz", timeout=5) as response:
                facts: dict[str, Any] = json.load(response)
        except (OSError, ValueError):
            return {}
        return facts

    def number(self) -> int:
        return int((self.facts().get("version") or {}).get("number", 0))

    def wait_ready(self, number: int) -> Pod:
        wait_until(lambda: self.number() >= number, what=f"{self.name}\n{self.log.read_text()}", within_s=60)
        return self

    def end(self) -> float:
        """The hook, SIGTERM; how long the rest took."""
        time.sleep(PRE_STOP_S)
        begun = time.monotonic()
        self.process.terminate()
        assert self.process.wait(60) == 0, self.log.read_text()
        return time.monotonic() - begun

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            finally:
                self.process.kill()
                self.process.wait()


class Balancer:
    """HAProxy over places that a pod may have; one that is not ready gets no new connection."""

    def __init__(self, folder: Path, places: list[tuple[str, int]]) -> None:
        self.port = free_port()
        servers = "\n".join(
            f"    server s{number} {host}:{port} check port {port + 1} inter 250ms fall 1 rise 1"
            for number, (host, port) in enumerate(places)
        )
        configuration = folder / "haproxy.cfg"
        configuration.write_text(f"""
defaults
    mode tcp
    timeout connect 5s
    timeout client 120s
    timeout server 120s
    retries 0
listen edge
    bind 127.0.0.1:{self.port}
    balance roundrobin
    option httpchk GET /readyz
{servers}
""")
        self._process = subprocess.Popen(
            [str(need("haproxy")), "-db", "-f", str(configuration)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.url = f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(30)


@pytest.fixture
def machines() -> Iterator[list[Machine]]:
    with Machines(2) as made:
        yield made


@pytest.fixture
def echo(machines: list[Machine]) -> Iterator[int]:
    def answer(connection: Any) -> None:
        for message in connection:
            connection.send(message)

    with serve(answer, UPSTREAM, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.socket.getsockname()[1]
        server.shutdown()


def rules(mark: int, echo: int) -> str:
    return f"""
        rule a {{ when path == "/a"; respond 200 "{mark}" }}
        rule ws {{ when path == "/ws"; proxy http://{UPSTREAM}:{echo} }}
    """


def test_nothing_is_lost_when_nodes_are_replaced_or_cut_off(machines: list[Machine], echo: int) -> None:
    with server_folder() as folder:
        addresses = [machine.store_address for machine in machines]
        store = start_server(
            folder / "store", None, "--bind", "127.0.0.1", *addresses, "--protected-mode", "no", tcp=True
        )
        side = StoreSide(store.url)
        side.publish(rules(1, echo))
        balancer = Balancer(
            folder, [(machine.address, port) for machine in machines for port in (8000, 8100)]
        )
        pods = [Pod(folder, machine, 8000, store.port) for machine in machines]
        try:
            for pod in pods:
                pod.wait_ready(1)
            with SteadyClient(balancer.url, "/a", connections=8) as client:
                wait_until(lambda: client.answers > 100, what="answers")
                replace_all(pods, folder, store, balancer)
                answers = client.answers
                cut_off(pods[1], pods[0], side, echo, client)
            assert client.failures == []
            assert answers > 1000
            assert client.answers > answers
        finally:
            for pod in pods:
                pod.close()
            balancer.close()
            store.stop()


def replace_all(pods: list[Pod], folder: Path, store: RunningServer, balancer: Balancer) -> None:
    """As a DaemonSet with maxSurge 1. A WebSocket on each old node ends with it, not before and not later than it
    may."""
    for index, old in enumerate(list(pods)):
        host, port = old.machine.address, 8000
        with connect(f"ws://{host}:{port}/ws", open_timeout=30) as socket:
            new = Pod(folder, old.machine, 8100, store.port).wait_ready(1)
            pods[index] = new
            time.sleep(MIN_READY_S)
            ended: list[float] = []
            ending = threading.Thread(target=lambda old=old, ended=ended: ended.append(old.end()))
            ending.start()
            lived_s = talk(socket)
            ending.join()
        assert ended[0] < DRAIN_DELAY_S + DRAIN_TIMEOUT_S + SLACK_S
        assert lived_s > PRE_STOP_S + DRAIN_DELAY_S
        assert lived_s < PRE_STOP_S + DRAIN_DELAY_S + DRAIN_TIMEOUT_S + SLACK_S


def talk(socket: Any) -> float:
    """Seconds until the other side ended it."""
    begun = time.monotonic()
    try:
        for number in range(100_000):
            socket.send(str(number))
            assert socket.recv(timeout=30) == str(number)
            time.sleep(0.1)
    except ConnectionClosed:
        pass
    return time.monotonic() - begun


def cut_off(pod: Pod, other: Pod, side: StoreSide, echo: int, client: SteadyClient) -> None:
    """A minute without the store, silently; a version is published meanwhile."""
    before = client.answers
    pod.machine.store_cable("down")
    begun = time.monotonic()
    side.publish(rules(1, echo) + 'rule new { when path == "/new"; respond 200 "new" }')
    newest = side.number()
    other.wait_ready(newest)
    wait_until(lambda: pod.facts().get("status") == "degraded", what="a node that says it", within_s=30)
    time.sleep(max(0.0, CUT_S - (time.monotonic() - begun)))
    assert pod.number() < newest
    assert client.answers > before + 100
    pod.machine.store_cable("up")
    pod.wait_ready(newest)
