"""HAProxy: the hosts of the rules in a map file, one thread, connections to the service reused always."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.side_by_side.process import Gateway, replace, started, wait_ready
from benchmarks.side_by_side.programs import find
from benchmarks.side_by_side.work import HEADER, PATH, Work
from tests.support.ports import free_port


@contextmanager
def start(folder: Path, work: Work) -> Iterator[Gateway]:
    port = free_port()
    write(folder, port, work)
    # A master with a worker, since only that can be reloaded.
    command = [find("haproxy"), "-W", "-db", "-f", str(folder / "haproxy.cfg")]
    with started(command, folder) as process:
        wait_ready(process, port, folder, work.mark)

        def publish(wanted: Work) -> None:
            write(folder, port, wanted)
            process.send_signal(signal.SIGUSR2)

        yield Gateway("haproxy", port, process.pid, publish)


def write(folder: Path, port: int, work: Work) -> None:
    replace(folder / "hosts.map", "".join(f"{host} {PATH}\n" for host in work.hosts()))
    replace(folder / "haproxy.cfg", conf(folder, port, work))


def conf(folder: Path, port: int, work: Work) -> str:
    known = f"{{ req.hdr(host),field(1,:),lower,map_str({folder}/hosts.map) -m found }} {{ path_beg {PATH} }}"
    return f"""global
    nbthread 1
    maxconn 8192
defaults
    mode http
    timeout connect 1s
    timeout client 75s
    timeout server 30s
    timeout http-keep-alive 75s
    timeout tunnel 1h
frontend downstream
    bind 127.0.0.1:{port}
    http-request return status 200 if {known}
    default_backend service
backend service
    http-reuse always
    option forwardfor
    http-request set-header {HEADER} {work.mark}
    server service 127.0.0.1:{work.service_port}
"""
