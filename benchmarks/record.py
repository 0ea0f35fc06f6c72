"""What recording a successful request costs: the counts and the line in the access log. ``python benchmarks/record.py``

One process, no network: what a request pays on its path (noting the attempt, ``record``) and what is done later for
many at once (folding counts, making and writing lines). Microseconds of one request, the best of five times 100 000.
``--check`` exits 1 above the target.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from gevent import monkey

monkey.patch_all()

from edge.access_log.log import AccessLog  # noqa: E402 - gevent comes first
from edge.access_log.output import Output  # noqa: E402
from edge.downstream.connection import Downstream  # noqa: E402
from edge.engine import Engine  # noqa: E402
from edge.exchange import Exchange  # noqa: E402
from edge.http.head import RequestHead  # noqa: E402
from edge.http.request_reader import Message  # noqa: E402
from edge.phases import forward, record  # noqa: E402
from edge.telemetry.telemetry import MAX_WAITING  # noqa: E402
from tests.support.in_process import FakeTransport, InProcess  # noqa: E402

TARGET_US = 5.0
"""Of a successful request on its path, with the access log."""
REQUESTS, TIMES = 100_000, 5
BATCH = MAX_WAITING - 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    requests, times = (10_000, 1) if arguments.quick else (REQUESTS, TIMES)
    on_path = 0.0
    print(f"{'access log':<12}{'on the path':>14}{'in batches':>14}   µs per request, the best of {times}")
    for form in ("off", "combined", "json"):
        with tempfile.TemporaryDirectory() as folder:
            measured = [measure(InProcess(Path(folder), RULES), form, requests) for _ in range(times)]
        on_path, later = min(path for path, _ in measured), min(batch for _, batch in measured)
        print(f"{form:<12}{on_path:>14.2f}{later:>14.2f}")
    print(f"on the path, with the log: {on_path:.2f}, target {TARGET_US:.1f}")
    return int(arguments.check and on_path > TARGET_US)


RULES = "rule a { when any; proxy http://127.0.0.1:1 }"


def measure(edge: InProcess, form: str, requests: int) -> tuple[float, float]:
    """Microseconds of one request on the path and in batches."""
    engine = edge.engine
    output = None if form == "off" else Output(os.devnull)
    engine.access_log = AccessLog(output, form="json" if output is None else form, on_dropped=lambda _: None)
    exchange, noted = request(engine)
    path = batch = 0.0
    for _ in range(requests // BATCH):
        began = time.perf_counter()
        for _ in range(BATCH):
            forward._note_success(*noted)
            record.run(exchange)
        between, cpu = time.perf_counter(), time.process_time()
        engine.telemetry.fold()
        engine.access_log.flush()
        path += between - began
        batch += time.process_time() - cpu
    counted = requests // BATCH * BATCH
    if engine.telemetry.requests != {("a", 200): counted}:
        raise AssertionError("a request was lost or counted twice")
    return path / counted * 1e6, batch / counted * 1e6


def request(engine: Engine) -> tuple[Exchange, tuple[Any, ...]]:
    """As it is when its answer is there, and what ``_note_success`` gets."""
    message = Message(RequestHead())
    message.head.method, message.head.target, message.head.fields = b"GET", b"/api/things/17", []
    transport: Any = FakeTransport(b"")
    downstream = Downstream(engine, transport, "192.0.2.7", 80, "http")
    exchange = Exchange(downstream, message, engine.snapshot, time.monotonic())
    (plan,) = next(iter(engine.snapshot.plans.values()))
    share = plan.shares.items[0]
    exchange.plan, exchange.upstream, exchange.status = plan, share.upstream.name, 200
    exchange.request_id, exchange.trace_id = engine.new_request_id(), "0af7651916cd43dd8448eb211c80319c"
    exchange.method, exchange.scheme, exchange.host, exchange.path = "GET", "http", "a.test", "/api/things/17"
    connection = SimpleNamespace(reader=SimpleNamespace(head=SimpleNamespace(status=200)), reused=True)
    return exchange, (exchange, share, share.upstream.targets[0], exchange.started, connection)


if __name__ == "__main__":
    sys.exit(main())
