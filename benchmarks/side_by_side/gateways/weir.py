"""Weir: ``weir up`` with one worker; its agent and, if it is its own, its store are on the same core.

Metrics are on, the access log is off.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.side_by_side.process import Gateway, replace, started, wait_ready
from benchmarks.side_by_side.work import HEADER, PATH, Work
from tests.support.ports import free_port


@contextmanager
def start(folder: Path, work: Work, *, name: str = "weir", rules: str = "") -> Iterator[Gateway]:
    """``rules`` are further ones. What is started says in ``folder/state/run.json`` where it is."""
    port, file = free_port(), folder / "bench.weir"
    file.write_text(rules_text(work) + rules)
    flags = ["--no-demo", "--workers", "1", "--access-log", "off", "--status", "127.0.0.1:0"]
    flags += ["--admin", "127.0.0.1:0", "--admin-workers", "1", "--auth", "127.0.0.1:0"]
    flags += ["--state", str(folder / "state"), "--config", str(file), "--edge", f"127.0.0.1:{port}"]
    # All of the load comes from one address, which a gateway on the open net would not let have so many.
    flags += ["--max-connections-per-address", "8192"]
    if work.store_port:
        # Several run over one store: each is a cluster of its own.
        flags += ["--redis", f"redis://127.0.0.1:{work.store_port}", "--cluster", f"on-{port}"]
    with started([sys.executable, "-m", "scripts.main", "up", *flags], folder) as process:
        wait_ready(process, port, folder, work.mark)
        yield Gateway(name, port, process.pid, lambda wanted: replace(file, rules_text(wanted)))


def rules_text(work: Work) -> str:
    """Requests without a known host meet the last rule."""
    others = [
        f'rule r{number} {{ when host == "{host}" and path under "{PATH}"; respond 200 }}'
        for number, host in enumerate(work.hosts())
    ]
    service = f"http://127.0.0.1:{work.service_port}"
    limit = f"limit {work.limit} per 1s by rule; " if work.limit else ""
    proxy = f'rule all {{ {limit}set request header "{HEADER}" = "{work.mark}"; proxy {service} }}'
    return "\n".join([*others, proxy]) + "\n"
