"""A name server of the test's own, and the files that lead to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.upstream.dns.files import SystemFiles
from edge.upstream.dns.lookup import Lookup
from tests.support.dns_server import DnsServer


@pytest.fixture
def server() -> Iterator[DnsServer]:
    server = DnsServer()
    yield server
    server.stop()


@pytest.fixture
def lookup(server: DnsServer, tmp_path: Path) -> Callable[..., Lookup]:
    """Makes look-ups with these lines in resolv.conf beside the name server, and these in the hosts file."""

    def make(resolv_conf: str = "", hosts: str = "", **options: int) -> Lookup:
        (tmp_path / "resolv.conf").write_text(f"nameserver 127.0.0.1\noptions timeout:1\n{resolv_conf}\n")
        (tmp_path / "hosts").write_text(hosts)
        return Lookup(SystemFiles(tmp_path / "resolv.conf", tmp_path / "hosts", server.port), **options)

    return make
