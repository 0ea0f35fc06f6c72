"""What stands in front of the upstream: nodes of Weir over one store, or nginx. All in processes of their own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.avalanche.edge import GRANTS, POLICY, WORKERS
from benchmarks.avalanche.policies import Policy
from benchmarks.avalanche.record import Grant
from benchmarks.avalanche.setting import CAP, WINDOW_S, Setting
from benchmarks.side_by_side.gateways.nginx import conf
from benchmarks.side_by_side.process import Failed
from benchmarks.side_by_side.programs import find
from tests.support.node_agent import StoreSide
from tests.support.ports import free_port
from tests.support.servers import RunningServer, start_server, valkey_binary

ROOT = Path(__file__).resolve().parents[2]
WORKERS_PER_NODE = 2
START_S, STOP_S = 120.0, 30.0
CONNECTIONS = 8192
"""All of the load comes from one address."""


class Gateways(NamedTuple):
    ports: list[int]
    grants: Path | None
    """The folder with the grants of all workers."""
    store: RunningServer | None

    def granted(self, begin: float) -> list[Grant]:
        """Every retry that was let out, in seconds since ``begin``."""
        files = sorted(self.grants.iterdir()) if self.grants else []
        lines = [line.split() for file in files for line in file.read_text().splitlines()]
        return [Grant(float(at) - begin, int(cost)) for at, cost in lines]


@contextmanager
def weir(
    folder: Path,
    policy: Policy,
    targets: Sequence[int],
    setting: Setting,
    nodes: int,
    workers: int = WORKERS_PER_NODE,
) -> Iterator[Gateways]:
    """``workers`` of each node."""
    grants = folder / "grants"
    grants.mkdir(parents=True)
    said = {POLICY: policy.name, WORKERS: str(nodes * workers), GRANTS: str(grants)}
    store = start_server(folder / "store", valkey_binary(), tcp=True)
    with ExitStack() as stack:
        stack.callback(store.stop)
        StoreSide(store.url).publish(rules(policy, targets, setting))
        states = [folder / f"node-{number}" for number in range(nodes)]
        started = [stack.enter_context(_node(state, store.url, nodes, workers, said)) for state in states]
        stack.callback(_terminate, started)
        ports = [_wait_ready(process, state) for process, state in zip(started, states, strict=True)]
        yield Gateways(ports, grants, store)


def rules(policy: Policy, targets: Sequence[int], setting: Setting) -> str:
    """One upstream whose targets are doors of the same service."""
    retry = f"retry {policy.retries} on connect, timeout, reset, 502, 503, 504;" if policy.retries else ""
    budget = f"budget 10% max {CAP} per {WINDOW_S:g}s;" if policy.cluster else ""
    doors = " ".join(f"target http://127.0.0.1:{port};" for port in targets)
    timeout = f"timeout connect 1s, try {setting.try_s * 1000:.0f}ms"
    return (
        f"upstream service {{ {doors} {retry} {budget} {timeout} }}\nrule all {{ when any; proxy service }}\n"
    )


@contextmanager
def _node(
    state: Path, store: str, nodes: int, workers: int, said: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    flags = [
        "--state",
        str(state),
        "--redis",
        store,
        "--workers",
        str(workers),
        "--node",
        state.name,
    ]
    flags += ["--max-connections-per-address", str(CONNECTIONS), "--max-nodes", str(nodes)]
    flags += ["--edge", "127.0.0.1:0", "--status", "127.0.0.1:0", "--access-log", "off"]
    with (state.parent / f"{state.name}.output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.avalanche.edge", *flags],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=ROOT,
            env=os.environ | said,
        )
    with _ended(process):
        yield process


def _wait_ready(process: subprocess.Popen[bytes], state: Path) -> int:
    """The node's port. Raises Failed."""
    file, deadline = state / "run.json", time.monotonic() + START_S
    while not file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            said = state.parent.joinpath(f"{state.name}.output").read_text(errors="replace")[-600:]
            raise Failed(f"the node {state.name} did not start: {said}")
        time.sleep(0.05)
    address: str = json.loads(file.read_text())["edge"][0]
    return int(address.rpartition(":")[2])


@contextmanager
def nginx(folder: Path, targets: Sequence[int], setting: Setting, tries: int) -> Iterator[Gateways]:
    """With as many workers as Weir has; ``tries`` counts the first attempt."""
    folder.mkdir(parents=True)
    port, file = free_port(), folder / "nginx.conf"
    servers = "\n".join(f"server 127.0.0.1:{target} max_fails=0;" for target in [*targets] * tries)
    text = conf(
        folder, NGINX.format(port=port, servers=servers, tries=tries, try_ms=round(setting.try_s * 1000))
    )
    file.write_text(text.replace("worker_processes 1;", f"worker_processes {2 * WORKERS_PER_NODE};"))
    with (folder / "output").open("wb") as output:
        command = [find("nginx"), "-p", str(folder), "-c", str(file)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    with _ended(process):
        deadline = time.monotonic() + START_S
        while not (folder / "pid").exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"nginx did not start: {(folder / 'output').read_text(errors='replace')[-600:]}")
            time.sleep(0.02)
        yield Gateways([port], None, None)


NGINX = """upstream service {{ {servers} keepalive 64; }}
server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ proxy_pass http://service; proxy_http_version 1.1;
    proxy_set_header Connection ""; proxy_connect_timeout 1s; proxy_read_timeout {try_ms}ms;
    proxy_next_upstream error timeout http_502 http_503 http_504; proxy_next_upstream_tries {tries}; }} }}"""
"""Each target is named as often as there may be tries: nginx asks no target twice for one request."""


def _terminate(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """All at once; they are waited for one after the other."""
    for process in processes:
        process.terminate()


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
        process.kill()
        process.wait()
