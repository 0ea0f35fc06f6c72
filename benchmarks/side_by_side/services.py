"""What is behind every gateway: nginx with bodies of several sizes, or a server that echoes WebSocket messages."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.side_by_side.gateways.nginx import conf
from benchmarks.side_by_side.process import OTHER_CORE, started, wait_ready
from benchmarks.side_by_side.programs import find
from benchmarks.side_by_side.store import Store
from benchmarks.side_by_side.work import BODY, HEADER, SEEN
from tests.support.ports import free_port


class Behind(NamedTuple):
    """What the gateways of a scenario share."""

    port: int
    """Of the service."""
    store: Store | None = None


SIZES = {"64KiB": 64 * 2**10, "10MiB": 10 * 2**20}


@contextmanager
def http_service(folder: Path) -> Iterator[int]:
    """Its port. ``/`` answers 65 bytes, ``/64KiB`` and ``/10MiB`` files; ``/take`` reads a body first."""
    port, file = free_port(), folder / "nginx.conf"
    for name, size in SIZES.items():
        (folder / name).write_bytes(b"x" * size)
    file.write_text(conf(folder, _servers(folder, port)))
    with started([find("nginx"), "-p", str(folder), "-c", str(file)], folder, OTHER_CORE) as process:
        wait_ready(process, port, folder, "")
        yield port


def _servers(folder: Path, port: int) -> str:
    """``return`` would answer before the body is there; passed on to itself, the body is read first."""
    files = " ".join(f"location = /{name} {{ root {folder}; }}" for name in SIZES)
    return f"""sendfile on; default_type text/plain; client_max_body_size 0; client_body_buffer_size 11m;
upstream itself {{ server 127.0.0.1:{port}; keepalive 64; keepalive_requests 100000000; }}
server {{ listen 127.0.0.1:{port} backlog=4096; add_header {SEEN} $http_{HEADER.lower().replace("-", "_")};
    location / {{ return 200 "{BODY}"; }} {files}
    location = /take {{ proxy_pass http://itself/; proxy_http_version 1.1; proxy_set_header Connection "";
        proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_hide_header {SEEN}; }} }}"""


@contextmanager
def echo_service(folder: Path) -> Iterator[int]:
    """Its port."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.side_by_side.echo_server", str(port)]
    with started(command, folder, OTHER_CORE) as process:
        wait_ready(process, port, folder, "")
        yield port
