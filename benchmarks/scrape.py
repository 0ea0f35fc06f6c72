"""How long a scrape of /metrics takes with many rules. ``python benchmarks/scrape.py``

A status listener in a process of its own gets what four workers report: 10 000 rules with three statuses each and
1000 upstreams, of which a tenth change every 0.1 s; then the same where each upstream has a retry budget too, which
makes five lines more for each. Scraped over HTTP, one connection each. The processor time that the text takes in the
agent is told too, with that of reports which come meanwhile, as the rest depends on what else the machine does.
``--check`` exits 1 if the 99th percentile is above the target, which is for rules; budgets are only told.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

RULES, UPSTREAMS, SCRAPES = 10_000, 1000, 200
STATUSES = ("200", "404", "502")
TARGET_MS = 50.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rules", type=int, default=RULES)
    parser.add_argument("--upstreams", type=int, default=UPSTREAMS)
    arguments = parser.parse_args()
    number = 20 if arguments.quick else SCRAPES
    worst = measured(arguments.rules, arguments.upstreams, 0, number)
    print(f"target: p99 of a scrape {TARGET_MS:g} ms\n")
    measured(arguments.rules, arguments.upstreams, arguments.upstreams, number)
    return int(arguments.check and worst > TARGET_MS)


def measured(rules: int, upstreams: int, budgets: int, number: int) -> float:
    """Prints it; the 99th percentile in milliseconds."""
    with status_listener(rules, upstreams, budgets) as port:
        took, made, body = scrapes(port, number)
    lines, size = body.count(b"\n"), len(body) / 1e6
    print(f"{rules} rules, {budgets} budgets: {lines} lines, {size:.1f} MB in each of {len(took)} scrapes")
    print(f"{'ms':<28}{'p50':>8}{'p99':>8}{'slowest':>10}")
    for name, times in (("a scrape", took), ("processor time of the text", made)):
        print(f"{name:<28}{times[len(times) // 2]:>8.1f}{p99(times):>8.1f}{times[-1]:>10.1f}")
    return p99(took)


def p99(times: list[float]) -> float:
    return times[int(len(times) * 0.99)]


def scrapes(port: int, number: int) -> tuple[list[float], list[float], bytes]:
    """Milliseconds of each and of its text, both sorted; the last text."""
    took, made, body = [], [], b""
    urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=30).close()  # imports are no scrape
    for _ in range(number):
        time.sleep(0.02)
        began = time.perf_counter()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as response:
            body = response.read()
        took.append((time.perf_counter() - began) * 1000)
        made.append(float(body.rpartition(b"# ms ")[2]))
    return sorted(took), sorted(made), body


@contextmanager
def status_listener(rules: int, upstreams: int, budgets: int) -> Iterator[int]:
    """A child that reports as workers do, once for every scrape or so."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        child = os.fork()
        if not child:
            serve(listener, rules, upstreams, budgets)
    try:
        yield port
    finally:
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)


def serve(listener: socket.socket, rules: int, upstreams: int, budgets: int) -> None:
    from gevent import monkey

    monkey.patch_all()
    import gevent
    from prometheus_client import CollectorRegistry

    from edge.agent.budgets_metrics import BudgetMetrics
    from edge.agent.exposition import Exposition
    from edge.agent.facts import Readiness
    from edge.agent.metrics import WorkerMetrics
    from edge.agent.status import StatusServer
    from edge.telemetry.families import LATENCY_BUCKETS

    registry = CollectorRegistry()
    metrics = WorkerMetrics(registry)
    counts = [1] * (len(LATENCY_BUCKETS) + 1)
    requests = [
        ["weir_requests_total", [f"shop/r{n}", status], 1] for n in range(rules) for status in STATUSES
    ]
    attempts = [["weir_attempts_total", [f"u{n}", "200"], 1] for n in range(upstreams)]
    seconds = [["weir_upstream_seconds", [f"u{n}"], counts, 1.5] for n in range(upstreams)]
    pool = [["weir_upstream_connections", [f"u{n}", "idle"], 1.0] for n in range(upstreams)]
    gc.collect()
    gc.freeze()  # as the agent does at its start; what workers would hold is no series
    metrics.take(1, {"counters": requests + attempts, "histograms": seconds, "gauges": pool})

    def pause() -> None:
        gevent.sleep(0)

    def report() -> None:
        while True:
            gevent.sleep(0.1)
            for worker in range(4):
                part = random.sample(requests, len(requests) // 40)
                waits = random.sample(seconds, upstreams // 40)
                metrics.take(worker, {"counters": part, "histograms": waits}, pause)

    BudgetMetrics(registry, Budgets(budgets))
    page = Exposition(registry, metrics, pause)

    def text() -> bytes:
        began = time.process_time()
        return page.text() + b"# ms %.3f\n" % ((time.process_time() - began) * 1000)

    server = StatusServer(
        gevent.socket.socket(fileno=listener.detach()),
        text,
        lambda: Readiness(200, {}),
    )
    server.start()
    report()


class Budgets:
    """What the agent would know of retry budgets."""

    refused: Mapping[tuple[str, str], int] = MappingProxyType({})

    def __init__(self, upstreams: int) -> None:
        self._upstreams = upstreams

    def state(self) -> list[dict[str, Any]]:
        numbers = {"cap": 1, "credit": 2, "available": 1, "reserve_of_node": 1, "lent": 3}
        return [{"upstream": f"shop/u{n}", **numbers} for n in range(self._upstreams)]


if __name__ == "__main__":
    sys.exit(main())
