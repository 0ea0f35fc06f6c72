"""nginx: a server block for each rule, and one that proxies."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.side_by_side.process import Gateway, replace, started, wait_ready
from benchmarks.side_by_side.programs import find
from benchmarks.side_by_side.work import HEADER, PATH, Work
from tests.support.ports import free_port

TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@contextmanager
def start(folder: Path, work: Work) -> Iterator[Gateway]:
    port, file = free_port(), folder / "nginx.conf"
    file.write_text(conf(folder, servers(port, work)))
    with started([find("nginx"), "-p", str(folder), "-c", str(file)], folder) as process:
        wait_ready(process, port, folder, work.mark)

        def publish(wanted: Work) -> None:
            replace(file, conf(folder, servers(port, wanted)))
            process.send_signal(signal.SIGHUP)

        yield Gateway("nginx", port, process.pid, publish)


def servers(port: int, work: Work) -> str:
    others = "\n".join(
        f"server {{ listen 127.0.0.1:{port}; server_name {host};"
        f" location {PATH} {{ return 200; }} location / {{ return 404; }} }}"
        for host in work.hosts()
    )
    return f"""{upstream(work)}
server {{ listen 127.0.0.1:{port} default_server;
    location / {{ {proxy_pass()} proxy_set_header {HEADER} {work.mark}; }} }}
{others}"""


def upstream(work: Work) -> str:
    return f"""map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
upstream service {{ server 127.0.0.1:{work.service_port}; keepalive 64; keepalive_requests 100000000; }}
server_names_hash_max_size 65536; server_names_hash_bucket_size 128;"""


def proxy_pass() -> str:
    """Bodies are passed on as they come, as Weir does it; nothing goes through files."""
    return """proxy_pass http://service; proxy_http_version 1.1; proxy_request_buffering off;
        proxy_max_temp_file_size 0; client_max_body_size 0; proxy_read_timeout 1h;
        proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
        proxy_set_header X-Forwarded-For $remote_addr;"""


def conf(folder: Path, http: str, *, before: str = "") -> str:
    """A whole file that needs no folder of the system's."""
    temporary = " ".join(f"{name}_temp_path {folder}/{name};" for name in TEMPORARY)
    return f"""{before}
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 8192; }}
http {{ access_log off; keepalive_requests 100000000; {temporary}
{http}
}}
"""
