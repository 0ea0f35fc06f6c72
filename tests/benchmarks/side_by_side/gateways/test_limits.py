"""Each gateway that counts, with a real Redis and a real service: it lets through what it was told, and no more."""

from __future__ import annotations

import http.client
from pathlib import Path

import pytest

from benchmarks.side_by_side.gateways.known import KNOWN, Known
from benchmarks.side_by_side.programs import NotInstalled
from benchmarks.side_by_side.rounds import made
from benchmarks.side_by_side.services import http_service
from benchmarks.side_by_side.store import redis_store, script_calls
from benchmarks.side_by_side.work import Work
from tests.support.cores import need_cores
from tests.support.parts import need

LIMIT, MOST = 5, 2_000


COUNTING = [
    # The others come with `make install-bench` and a module of nginx, which no test run needs.
    pytest.param(known, id=known.name, marks=() if known.name == "weir" else pytest.mark.chaos)
    for known in KNOWN
    if known.counts
]


@pytest.mark.parametrize("known", COUNTING)
def test_it_counts_in_redis_and_refuses_what_is_above_its_limit(known: Known, tmp_path: Path) -> None:
    need("nginx")
    need_cores()
    try:
        known.version()
    except NotInstalled as missing:  # one of them is in no package of Debian, so CI has it not either
        pytest.skip(f"needs {missing}, which is not installed on this machine")
    folder = made(tmp_path / "all")
    with redis_store(made(folder / "store")) as store, http_service(made(folder / "service")) as service:
        work = Work(service, store_port=store.port, limit=LIMIT)
        with known.start(made(folder / "gateway"), work) as gateway:
            assert 429 in (_status(gateway.port) for _ in range(MOST))
            assert script_calls(store) > 0


def _status(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    finally:
        connection.close()
