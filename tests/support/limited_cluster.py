"""Two nodes of two workers on one store, with a rule for each word of ``on_store_failure`` and one that retries."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.stamped_load import StampedLoad, busiest
from tests.support.upstream import Upstream
from tests.support.wait import wait_until
from tests.support.weir_edge import WeirEdge

LIMIT, WINDOW_S = 60, 1.0
CAP, BUDGET_WINDOW_S = 30, 2.0
COUNTED = ("/share", "/open", "/closed", "/strict")
CLIENTS = {**dict.fromkeys(COUNTED, 2), "/retry": 8}
"""Of each node. Who waits for a retry waits up to a second."""
ILL = b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"
WITHIN_S = 240.0

RULES = """
upstream flaky {{
    target {first}
    target {second}
    eject off
    retry 1 on 503
    budget 100% max {cap} per 2s
}}
rule share {{ when path == "/share"; limit {limit} per 1s; respond 200 "in" }}
rule open {{ when path == "/open"; limit {limit} per 1s on_store_failure open; respond 200 "in" }}
rule closed {{ when path == "/closed"; limit {limit} per 1s on_store_failure closed; respond 200 "in" }}
rule strict {{ when path == "/strict"; limit {limit} per 1s on_store_failure share strict; respond 200 "in" }}
rule retry {{ when path == "/retry"; proxy flaky }}
"""


class LimitedCluster:
    """``urls`` are the store's, as each node sees it."""

    def __init__(self, folder: Path, urls: Sequence[str]) -> None:
        self._folder = folder
        self._targets = [Upstream(lambda _: ILL).start(), Upstream().start()]
        rules = folder / "gateway.weir"
        first, second = (target.url for target in self._targets)
        rules.write_text(RULES.format(first=first, second=second, cap=CAP, limit=LIMIT))
        self.edges = [
            WeirEdge(
                folder / f"n{number}",
                *("--redis", url, "--node", f"n{number}", "--config", str(rules)),
                *("--access-log", str(folder / f"n{number}.log"), "--workers", "2", "--max-nodes", "2"),
            )
            for number, url in enumerate(urls)
        ]

    def load(self) -> StampedLoad:
        """When every node knows the rules and the other node."""
        for edge in self.edges:
            edge.wait_ready()
            wait_until(lambda edge=edge: edge.get("/share")[0] == 200, within_s=WITHIN_S, what="the rules")
        for node in range(len(self.edges)):
            wait_until(
                lambda node=node: self.nodes_seen_by(node) == len(self.edges),
                within_s=WITHIN_S,
                what="all nodes",
            )
        ports = [urlsplit(edge.wait_ready()["edge"][0]).port or 0 for edge in self.edges]
        return StampedLoad(ports, CLIENTS)

    def nodes_seen_by(self, node: int) -> int:
        """How many live, as that one heard of the store; 0 before it heard anything."""
        page: dict[str, int] = json.loads(self.edges[node].get("/budgets", "status")[1])
        return page["nodes"]

    def metric(self, node: int, name: str) -> float:
        """The sum of all series of that name, with whatever labels it begins with; 0 for none, or without an agent."""
        return total(self.edges[node].get("/metrics", "status")[1], name)

    def wait_exact(self, load: StampedLoad, since: float) -> float:
        """Until all went as if the store had never been away, for one and a half windows after ``since``; the moment at
        which they began."""
        began = [since]

        def is_exact() -> bool:
            now = time.monotonic()
            if any(self.metric(node, "weir_counters_up") < 1 for node in (0, 1)) or not self.counts(
                load, began[0]
            ):
                began[0] = now
            return now > began[0] + 1.5 * WINDOW_S

        wait_until(is_exact, within_s=WITHIN_S, what="counting as before")
        return began[0]

    def counts(self, load: StampedLoad, since: float) -> bool:
        """Whether since then no limit was exceeded and each was counted."""
        answers = {path: load.of(path, since) for path in COUNTED}
        uncounted = any(each.status == 503 for each in answers["/closed"])
        return not uncounted and all(
            busiest([each for each in asked if each.status == 200], WINDOW_S) <= LIMIT
            for asked in answers.values()
        )

    def wait_retrying(self) -> None:
        """Until the store grants retries; it grants none for a while after it was new."""
        before = len(self.retries())
        wait_until(lambda: len(self.retries()) > before + CAP // 2, within_s=WITHIN_S, what="retries")

    def retries(self) -> list[float]:
        """When each retry was granted: seconds of the boot clock, in order."""
        return sorted(
            attempt["decided_at"]
            for log in self._folder.glob("n*.log")
            for line in log.read_text().rpartition("\n")[0].splitlines()  # the last one may be under way
            for attempt in json.loads(line).get("attempts", ())
            if attempt.get("retry") == "granted"
        )

    def waits(self) -> tuple[int, int, int]:
        """Requests that were counted, those that waited for it, and those that waited for more than 50 ms: as one page
        of each node says it."""
        pages = [edge.get("/metrics", "status")[1] for edge in self.edges]
        counted, waited, soon = (
            sum(int(total(page, name)) for page in pages)
            for name in (
                "weir_limit_total",
                'weir_phase_seconds_count{phase="limit"',
                'weir_phase_seconds_bucket{phase="limit",le="0.05"',
            )
        )
        return counted, waited, waited - soon

    def kill_agent(self, node: int) -> None:
        os.kill(self.edges[node].children()["agent"], signal.SIGKILL)

    def kill_worker(self, node: int) -> None:
        parent = self.edges[node].children()["gunicorn"]
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)

    def stop(self) -> None:
        for edge in self.edges:
            edge.stop()
        for target in self._targets:
            target.stop()


def total(page: str, name: str) -> float:
    """The sum of all series of a page of metrics whose name and first labels are these."""
    return sum(float(value) for value in re.findall(rf"^{re.escape(name)}\S* (\S+)$", page, re.MULTILINE))


def busiest_stamps(stamps: Sequence[float], window_s: float) -> int:
    """Of ordered stamps the most in any closed window."""
    most, first = 0, 0
    for place, stamp in enumerate(stamps):
        while stamps[first] < stamp - window_s:
            first += 1
        most = max(most, place - first + 1)
    return most
