"""What is measured: nginx as a plain proxy, Weir with any number of rules, and the service behind both."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support.ports import free_port

GATEWAY_CORE, OTHER_CORE = "0", "1"
BODY = "x" * 65
START_S = 120.0


class Gateway(NamedTuple):
    name: str
    port: int
    pid: int


@contextmanager
def service(folder: Path) -> Iterator[Gateway]:
    """Answers 65 bytes to everything."""
    with _nginx(folder, OTHER_CORE, _service_conf) as running:
        yield running


@contextmanager
def nginx(folder: Path, behind: Gateway) -> Iterator[Gateway]:
    """A plain proxy with kept connections to the service."""
    with _nginx(folder, GATEWAY_CORE, lambda port: _proxy_conf(port, behind.port)) as running:
        yield running


@contextmanager
def weir(folder: Path, behind: Gateway, rules: int, *, name: str = "weir") -> Iterator[Gateway]:
    """One worker. The last of ``rules`` rules proxies and sets a header; metrics are on, the access log is off."""
    folder.mkdir()
    port = free_port()
    (folder / "bench.weir").write_text(rules_text(rules, behind.port))
    flags = ["--no-demo", "--workers", "1", "--access-log", "off", "--status", "127.0.0.1:0"]
    flags += ["--state", str(folder / "state"), "--config", str(folder / "bench.weir")]
    command = [sys.executable, "-m", "scripts.main", "up", *flags, "--edge", f"127.0.0.1:{port}"]
    process = subprocess.Popen(["taskset", "-c", GATEWAY_CORE, *command], stdout=subprocess.DEVNULL)
    try:
        _wait(port)
        yield Gateway(name, port, process.pid)
    finally:
        process.terminate()
        process.wait(60)


def rules_text(count: int, service_port: int) -> str:
    """``count`` rules; requests without a known host meet the last."""
    others = [
        f'rule r{number} {{ when host == "h{number}.example.com" and path under "/p"; respond 200 }}'
        for number in range(count - 1)
    ]
    proxy = f'rule all {{ set request header "X-Bench" = "weir"; proxy http://127.0.0.1:{service_port} }}'
    return "\n".join([*others, proxy]) + "\n"


def _service_conf(port: int) -> str:
    answer = f'default_type text/plain; return 200 "{BODY}";'
    return f"server {{ listen 127.0.0.1:{port}; location / {{ {answer} }} }}"


def _proxy_conf(port: int, service_port: int) -> str:
    return f"""
    upstream service {{ server 127.0.0.1:{service_port}; keepalive 64; }}
    server {{ listen 127.0.0.1:{port};
        location / {{ proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection "";
                      proxy_set_header X-Forwarded-For $remote_addr; }} }}"""


@contextmanager
def _nginx(folder: Path, core: str, servers: Callable[[int], str]) -> Iterator[Gateway]:
    folder.mkdir()
    port = free_port()
    (folder / "nginx.conf").write_text(
        f"worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
        "events { worker_connections 1024; }\n"
        f"http {{ access_log off; keepalive_requests 100000000; {servers(port)} }}\n"
    )
    command = ["taskset", "-c", core, "nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    environment = os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin"}
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment)
    try:
        _wait(port)
        yield Gateway("nginx", port, process.pid)
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)
