"""Caddy: a route for each rule; another configuration is posted to its own admin address."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.side_by_side.process import Gateway, started, wait_ready
from benchmarks.side_by_side.programs import find
from benchmarks.side_by_side.work import HEADER, PATH, Work
from tests.support.ports import free_port

LOAD_S = 120.0


@contextmanager
def start(folder: Path, work: Work) -> Iterator[Gateway]:
    port, admin = free_port(), free_port()
    (folder / "caddy.json").write_text(json.dumps(conf(port, admin, work)))
    own = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    command = [find("caddy"), "run", "--config", str(folder / "caddy.json")]
    with started(command, folder, environment=own) as process:
        wait_ready(process, port, folder, work.mark)

        def publish(wanted: Work) -> None:
            # It answers when the configuration is in force; the load must not wait for that.
            threading.Thread(target=load, args=(admin, conf(port, admin, wanted)), daemon=True).start()

        yield Gateway("caddy", port, process.pid, publish)


def load(admin: int, wanted: dict[str, Any]) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{admin}/load", json.dumps(wanted).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=LOAD_S) as answer:
        answer.read()


def conf(port: int, admin: int, work: Work) -> dict[str, Any]:
    server = {
        "listen": [f"127.0.0.1:{port}"],
        "automatic_https": {"disable": True},
        "routes": [*map(_other, work.hosts()), {"handle": [_proxy(work)]}],
    }
    return {
        "admin": {"listen": f"127.0.0.1:{admin}", "config": {"persist": False}},
        "logging": {"logs": {"default": {"level": "ERROR"}}},
        "apps": {"http": {"servers": {"downstream": server}}},
    }


def _other(host: str) -> dict[str, Any]:
    return {
        "match": [{"host": [host], "path": [f"{PATH}*"]}],
        "handle": [{"handler": "static_response", "status_code": 200}],
        "terminal": True,
    }


def _proxy(work: Work) -> dict[str, Any]:
    return {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": f"127.0.0.1:{work.service_port}"}],
        "headers": {"request": {"set": {HEADER: [work.mark]}}},
        "transport": {"protocol": "http", "keep_alive": {"max_idle_conns_per_host": 64}},
    }
