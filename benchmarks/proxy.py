"""Weir beside nginx on this machine: the same small keep-alive request through both, in alternating paired rounds.

One core is the proxy's, the other is shared by the load generator (wrk) and the service behind (nginx). These machines
are noisy: only the ratios of paired rounds say something. Run it with nothing else running:

    python -m benchmarks.proxy [--rounds 5] [--seconds 4] [--rules 1000]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support.ports import free_port

BODY = "x" * 65
CONNECTIONS = 32
PROXY_CORE, OTHER_CORE = "0", "1"


class Round(NamedTuple):
    """What wrk and the kernel say of one round."""

    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    """Processor time of the proxy's processes for one request."""


class Proxy(NamedTuple):
    name: str
    port: int
    pid: int


def main() -> int:
    options = _options()
    for part in ("nginx", "wrk", "taskset"):
        if not shutil.which(part, path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
            print(f"benchmarks.proxy needs {part}", file=sys.stderr)
            return 2
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="weir-bench-")))
        service = stack.enter_context(_nginx(folder / "service", _service, OTHER_CORE))
        nginx = stack.enter_context(
            _nginx(folder / "nginx", lambda port: _proxy(port, service.port), PROXY_CORE)
        )
        weir = stack.enter_context(_weir(folder / "weir", service.port, options.rules))
        rounds = [(_round(nginx, options), _round(weir, options)) for _ in range(options.rounds)]
    _report(rounds, options)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Throughput and latency beside nginx.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of each round")
    parser.add_argument("--rules", type=int, default=1000, help="how many rules Weir has")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args()


def _service(port: int) -> str:
    return f'server {{ listen 127.0.0.1:{port}; location / {{ default_type text/plain; return 200 "{BODY}"; }} }}'


def _proxy(port: int, service: int) -> str:
    return f"""
    upstream service {{ server 127.0.0.1:{service}; keepalive 64; }}
    server {{ listen 127.0.0.1:{port};
        location / {{ proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection "";
                      proxy_set_header X-Forwarded-For $remote_addr; }} }}"""


@contextmanager
def _nginx(folder: Path, servers: object, core: str) -> Iterator[Proxy]:
    folder.mkdir()
    port = free_port()
    (folder / "nginx.conf").write_text(
        f"worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{ worker_connections 1024; }}\n"
        f"http {{ access_log off; keepalive_requests 100000000; {servers(port)} }}\n"  # type: ignore[operator]
    )
    command = ["taskset", "-c", core, "nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(
        command, stderr=subprocess.DEVNULL, env=os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin"}
    )
    try:
        _wait(port)
        yield Proxy("nginx", port, process.pid)
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def _weir(folder: Path, service: int, rules: int) -> Iterator[Proxy]:
    folder.mkdir()
    port = free_port()
    lines = [
        f'rule r{number} {{ when host == "h{number}.example.com"; respond 200 }}'
        for number in range(rules - 1)
    ]
    lines.append(f'rule all {{ set request header "X-Bench" = "weir"; proxy http://127.0.0.1:{service} }}')
    (folder / "bench.weir").write_text("\n".join(lines) + "\n")
    command = [
        "taskset",
        "-c",
        PROXY_CORE,
        sys.executable,
        "-m",
        "scripts.main",
        "up",
        "--no-demo",
        "--workers",
        "1",
    ]
    command += [
        "--state",
        str(folder / "state"),
        "--config",
        str(folder / "bench.weir"),
        "--access-log",
        "off",
    ]
    command += ["--edge", f"127.0.0.1:{port}", "--status", "127.0.0.1:0"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait(port)
        yield Proxy("weir", port, process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _wait(port: int, within_s: float = 60) -> None:
    deadline = time.monotonic() + within_s
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def _round(proxy: Proxy, options: argparse.Namespace) -> Round:
    before = _cpu_s(proxy.pid)
    command = [
        "taskset",
        "-c",
        OTHER_CORE,
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{options.seconds}s",
        "--latency",
    ]
    answer = subprocess.run(
        [*command, f"http://127.0.0.1:{proxy.port}/"], check=True, capture_output=True, text=True
    ).stdout
    spent = _cpu_s(proxy.pid) - before
    if "Non-2xx" in answer or "Socket errors" in answer:
        raise SystemExit(f"{proxy.name} did not answer every request with 200:\n{answer}")
    requests = int(re.search(r"(\d+) requests in", answer)[1])  # type: ignore[index]  # wrk always prints it
    per_second = float(re.search(r"Requests/sec:\s+([\d.]+)", answer)[1])  # type: ignore[index]
    return Round(per_second, _latency(answer, 50), _latency(answer, 99), spent / requests * 1e6)


def _latency(answer: str, percent: int) -> float:
    found = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", answer)
    assert found is not None
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]


def _cpu_s(pid: int) -> float:
    """Of a process and everything below it, ended children included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(_cpu_s(int(child)) for child in children)


def _report(rounds: list[tuple[Round, Round]], options: argparse.Namespace) -> None:
    shape = f"{options.rounds} paired rounds of {options.seconds} s, {CONNECTIONS} connections, {options.rules} rules"
    print(f"{shape}; medians")
    print(f"{'':8}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'CPU us/request':>16}")
    figures: dict[str, dict[str, float]] = {}
    for index, name in enumerate(("nginx", "weir")):
        medians = [
            statistics.median(values) for values in zip(*(pair[index] for pair in rounds), strict=True)
        ]
        figures[name] = dict(zip(Round._fields, medians, strict=True))
        print(f"{name:8}{medians[0]:12.0f}{medians[1]:9.2f}{medians[2]:9.2f}{medians[3]:16.1f}")
    ratios = sorted(weir.per_second / nginx.per_second for nginx, weir in rounds)
    print(
        f"weir / nginx, pair by pair: median {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    )
    if options.json:
        options.json.write_text(json.dumps({"figures": figures, "ratios": ratios}, indent=2) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
