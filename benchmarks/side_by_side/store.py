"""The Redis in which the gateways of a scenario count their requests, and what it is asked and spends.

It has the core of the load: elsewhere it is another machine too, and what it spends is no gateway's. That favours those
who ask it often.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import redis

from benchmarks.side_by_side.process import OTHER_CORE, POLL_S, START_S, Failed, started
from benchmarks.side_by_side.programs import SYSTEM_FOLDERS
from tests.support.ports import free_port
from weir.store.binary import ServerBinary, find_server

SCRIPTS = ("cmdstat_eval", "cmdstat_evalsha")


class Store(NamedTuple):
    port: int
    pid: int


def program() -> ServerBinary:
    """The server of the system, else the one that is installed with Weir."""
    return find_server(path=os.pathsep.join([os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS]))


@contextmanager
def redis_store(folder: Path) -> Iterator[Store]:
    """Empty, and keeps nothing on its disk."""
    port = free_port()
    options = [
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--dir",
        str(folder),
        "--save",
        "",
        "--appendonly",
        "no",
    ]
    with started([str(program().path), *options], folder, OTHER_CORE) as process:
        store, deadline = Store(port, process.pid), time.monotonic() + START_S
        while not _answers(store):
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failed("the Redis of the limits did not start")
            time.sleep(POLL_S)
        yield store


def script_calls(store: Store) -> int:
    """How many scripts it has run since it started: each is one round trip of a limiter."""
    with redis.Redis(port=store.port) as client:
        stats: dict[str, Any] = client.info("commandstats")
    return sum(int(stats[name]["calls"]) for name in SCRIPTS if name in stats)


def _answers(store: Store) -> bool:
    try:
        with redis.Redis(port=store.port) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False
