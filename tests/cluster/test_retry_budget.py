"""One retry budget over two real nodes of two workers: exact by the stamps of the decisions, whatever happens."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from edge.retry.budget import boot_time
from tests.support.servers import RunningServer, SentinelGroup, server_folder, start_server, valkey_binary
from tests.support.upstream import Request, Upstream, ok
from tests.support.wait import wait_until
from tests.support.weir_edge import WeirEdge

CAP, WINDOW_S = 30, 2.0
RULES = """
upstream u {{
    target {first}
    target {second}
    eject off
    retry 1 on 503
    budget {percent}% max {cap} per 2s
}}
rule a {{ when path under "/"; proxy u }}
"""
ILL = b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"


class Nodes:
    """Two nodes, their rules and their logs."""

    store: RunningServer
    """Of a test that does something to it."""

    def __init__(self, folder: Path, store_url: str) -> None:
        self.folder = folder
        self._store_url = store_url
        self.ill = self.all_ill = True
        self.targets = [Upstream(self._answer), Upstream(lambda _: ILL if self.all_ill else ok())]
        for target in self.targets:
            target.start()
        self.edges: list[WeirEdge] = []

    def start(self, cap: int = CAP, percent: int = 10) -> None:
        first, second = (target.url for target in self.targets)
        rules = self.folder / "gateway.weir"
        rules.write_text(RULES.format(first=first, second=second, cap=cap, percent=percent))
        for name in ("n1", "n2"):
            log = str(self.folder / f"{name}.log")
            flags = ("--redis", self._store_url, "--node", name, "--config", str(rules), "--access-log", log)
            self.edges.append(WeirEdge(self.folder / name, *flags, "--workers", "2", "--max-nodes", "2"))
        for edge in self.edges:
            edge.wait_ready()
            wait_until(lambda edge=edge: edge.get("/")[0] == 503, within_s=60, what="the rules")  # type: ignore[misc]

    def stop(self) -> None:
        for edge in self.edges:
            edge.stop()
        for target in self.targets:
            target.stop()

    def load(self, for_s: float, meanwhile: Callable[[], None] = lambda: None) -> set[int]:
        """Requests of both nodes, as fast as eight clients send them; the statuses that they got."""
        ends, statuses = time.monotonic() + for_s, set[int]()

        def ask(number: int) -> None:
            while time.monotonic() < ends:
                statuses.add(self.edges[number % 2].get(f"/{number}")[0])

        with ThreadPoolExecutor(8) as pool:
            done = [pool.submit(ask, number) for number in range(8)]
            threading.Timer(for_s / 2, meanwhile).start()
            for each in done:
                each.result()
        return statuses

    def decided(self) -> list[float]:
        """Wall seconds of every retry that was granted."""
        return sorted(
            attempt["decided_at"]
            for name in ("n1", "n2")
            for line in (self.folder / f"{name}.log").read_text().splitlines()
            for attempt in json.loads(line).get("attempts", ())
            if attempt.get("retry") == "granted"
        )

    def budget(self, which: int = 0) -> dict[str, Any]:
        status, body = self.edges[which].get("/budgets", "status")
        found = json.loads(body)["budgets"] if status == 200 else []
        return found[0] if found else {}

    def leave_quarantine(self) -> None:
        """The first words of all holders, and the wait that follows them."""

        def lent() -> bool:
            for edge in self.edges:
                edge.get("/")
            return all(self.budget(which).get("available") is not None for which in (0, 1)) and all(
                self.budget(which)["state"] != "quarantine" for which in (0, 1)
            )

        wait_until(lent, within_s=30, what="the end of the quarantine")

    def _answer(self, _request: Request) -> bytes:
        return ILL if self.ill else ok()


def busiest(stamps: list[float], window_s: float = WINDOW_S) -> int:
    """Decisions in the fullest closed window."""
    found, first = 0, 0
    for at, stamp in enumerate(stamps):
        while stamps[first] < stamp - window_s:
            first += 1
        found = max(found, at - first + 1)
    return found


@pytest.fixture
def nodes() -> Iterator[Nodes]:
    with server_folder() as folder:
        store = start_server(folder / "store")
        made = Nodes(folder, store.url)
        made.store = store
        yield made
        made.stop()
        made.store.stop()


def test_four_workers_of_two_nodes_share_what_one_budget_grants(nodes: Nodes) -> None:
    nodes.start()
    nodes.leave_quarantine()
    assert nodes.load(5.0) == {503}
    wait_until(lambda: len(nodes.decided()) > 10, what="the logs")
    # No success: the floor of 10 in any window, and a fifth of ten percent of the requests.
    assert 10 <= busiest(nodes.decided()) <= CAP
    assert nodes.budget()["cap"] == CAP
    assert nodes.budget()["state"] in ("ratio", "cap", "ok")


def killed(nodes: Nodes) -> None:
    nodes.store.kill()


def flushed(nodes: Nodes) -> None:
    nodes.store.admin().flushall()


def stopped(nodes: Nodes) -> None:
    nodes.store.freeze()


def killed_and_started(nodes: Nodes) -> None:
    nodes.store.kill()
    nodes.store = start_server(nodes.folder / "store")


def lost_an_agent(nodes: Nodes) -> None:
    os.kill(nodes.edges[0].children()["agent"], signal.SIGKILL)


@pytest.mark.parametrize(
    "happens",
    [
        killed, pytest.param(flushed, marks=pytest.mark.chaos), pytest.param(stopped, marks=pytest.mark.chaos),
        pytest.param(killed_and_started, marks=pytest.mark.chaos),
        pytest.param(lost_an_agent, marks=pytest.mark.chaos),
    ],
)  # fmt: skip
def test_the_cap_holds_when_something_dies_in_the_middle(
    nodes: Nodes, happens: Callable[[Nodes], None]
) -> None:
    """Half of the first attempts fail, and all of the credit that there could be is there: only the cap is left."""
    nodes.start(percent=100)
    nodes.leave_quarantine()
    nodes.all_ill = False
    assert nodes.load(8.0, lambda: happens(nodes)) <= {200, 503}
    wait_until(lambda: len(nodes.decided()) > CAP, what="the logs")
    stamps = nodes.decided()
    assert CAP * 0.5 <= busiest(stamps) <= CAP
    if happens is killed:
        assert 0 < len([at for at in stamps if at > stamps[-1] - WINDOW_S]) <= CAP // 5, (
            "only the reserve is left"
        )


@pytest.mark.chaos
def test_the_cap_holds_through_a_failover_of_sentinel() -> None:
    """The replica that takes over may lack what was granted last; nothing is granted before that is over."""
    with server_folder() as folder:
        group = SentinelGroup(folder / "store", valkey_binary())
        nodes = Nodes(folder, group.url)
        try:
            nodes.start(percent=100)
            nodes.leave_quarantine()
            nodes.all_ill = False
            master, killed_at = group.master(), [0.0]

            def fail_over() -> None:
                killed_at[0] = boot_time()
                master.kill()

            assert nodes.load(30.0, fail_over) <= {200, 503}
            wait_until(lambda: group.master().port != master.port, what="the sentinels' agreement")
            wait_until(
                lambda: nodes.budget()["state"] in ("ok", "cap", "ratio"), what="the new primary's word"
            )
            assert nodes.load(4.0) <= {200, 503}
            stamps = nodes.decided()
            assert CAP * 0.5 <= busiest([at for at in stamps if at < killed_at[0]]) <= CAP
            assert busiest(stamps) <= CAP
            assert busiest([at for at in stamps if at > killed_at[0] + 15.0]) >= CAP * 0.5, "it grants again"
        finally:
            nodes.stop()
            group.stop()


def test_a_cap_of_none_grants_none(nodes: Nodes) -> None:
    nodes.start(cap=0)
    assert nodes.load(2.0) == {503}
    assert nodes.decided() == []
