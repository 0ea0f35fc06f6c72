"""Look-ups in a process that is patched as a worker is: while they wait, everything else goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.dns_server import DnsServer, silent

_WORKER = """
from weir import monkey; monkey.patch_all()
import sys, time
from pathlib import Path
import gevent
from edge.upstream.dns.files import SystemFiles
from edge.upstream.dns.lookup import Lookup
from edge.upstream.resolver import CannotResolve, Resolver
folder, port = Path(sys.argv[1]), int(sys.argv[2])
resolver = Resolver(Lookup(SystemFiles(folder / "resolv.conf", folder / "hosts", port)))
print(resolver.addresses("a.test", 30.0))
beats = []
def beat():
    while True:
        beats.append(1)
        gevent.sleep(0.001)
gevent.spawn(beat)
try:
    resolver.addresses("silent.test", 0.5)
except CannotResolve as error:
    print(error, len(beats) > 20)
"""


def test_a_worker_goes_on_while_a_look_up_waits(server: DnsServer, tmp_path: Path) -> None:
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    server.has("a.test", "192.0.2.1", "2001:db8::1")
    answering = server.script
    server.script = lambda query, answer, how: (
        silent if "silent" in str(query.question[0].name) else answering
    )(query, answer, how)
    done = subprocess.run(
        [sys.executable, "-c", _WORKER, str(tmp_path), str(server.port)],
        cwd=Path(__file__).parents[4],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines() == [
        "('192.0.2.1', '2001:db8::1')",
        "the name silent.test was not resolved in time True",
    ]
