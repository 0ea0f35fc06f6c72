"""Traefik: a router for each rule, in a file that it follows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.side_by_side.process import Gateway, replace, started, wait_ready
from benchmarks.side_by_side.programs import find
from benchmarks.side_by_side.work import HEADER, PATH, Work
from tests.support.ports import free_port

POOL = 64
"""Connections to Redis: what it takes by itself, ten for a core, is fewer than the load has."""


@contextmanager
def start(folder: Path, work: Work) -> Iterator[Gateway]:
    """JSON is YAML too, and the ending of the name is what it goes by."""
    port = free_port()
    # A folder of its own: Traefik follows the whole folder of the file.
    (folder / "dynamic").mkdir()
    dynamic = folder / "dynamic" / "dynamic.yml"
    dynamic.write_text(json.dumps(routes(work)))
    (folder / "static.yml").write_text(json.dumps(static(port, dynamic)))
    command = [find("traefik"), f"--configFile={folder / 'static.yml'}"]
    with started(command, folder) as process:
        wait_ready(process, port, folder, work.mark)
        yield Gateway(
            "traefik",
            port,
            process.pid,
            lambda wanted: replace(dynamic, json.dumps(routes(wanted))),
        )


def static(port: int, dynamic: Path) -> dict[str, Any]:
    return {
        "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
        "log": {"level": "ERROR"},
        "entryPoints": {"downstream": {"address": f"127.0.0.1:{port}"}},
        "providers": {"file": {"filename": str(dynamic), "watch": True}},
    }


def routes(work: Work) -> dict[str, Any]:
    """It has no answer of its own: the other rules lead to the same service."""
    others = {
        f"r{number}": {"rule": f"Host(`{host}`) && PathPrefix(`{PATH}`)", "service": "service"}
        for number, host in enumerate(work.hosts())
    }
    middlewares = _limit(work) | {"mark": {"headers": {"customRequestHeaders": {HEADER: work.mark}}}}
    proxy = {"rule": "PathPrefix(`/`)", "priority": 1, "service": "service", "middlewares": list(middlewares)}
    return {
        "http": {
            "routers": {**others, "all": proxy},
            "middlewares": middlewares,
            "services": {
                "service": {"loadBalancer": {"servers": [{"url": f"http://127.0.0.1:{work.service_port}"}]}}
            },
        }
    }


def _limit(work: Work) -> dict[str, Any]:
    """A bucket of tokens for each client address, in Redis; the load has one address."""
    if not work.limit:
        return {}
    store = {"endpoints": [f"127.0.0.1:{work.store_port}"], "poolSize": POOL}
    return {
        "limit": {"rateLimit": {"average": work.limit, "period": "1s", "burst": work.limit, "redis": store}}
    }
