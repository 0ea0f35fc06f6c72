"""A thousand publishes under load leave nothing behind: what the collector no longer looks at must not pile up."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.edge_process import EdgeProcess
from tests.support.steady_client import SteadyClient
from tests.support.upstream import Upstream

pytestmark = pytest.mark.chaos

PUBLISHES, WARM = 1000, 100
GROWTH = 16 * 1024**2


def rules(mark: int, upstream: Upstream) -> str:
    """Nothing of one version is in the next."""
    proxy = f'rule a {{ when any; set request header "X-Mark" = "{mark}"; proxy {upstream.url} }}\n'
    others = (f'rule r{n} {{ when host == "h{n}.test"; respond 200 "{mark}" }}' for n in range(20))
    return proxy + "\n".join(others)


def resident(pid: int) -> int:
    """Bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


def test_a_thousand_publishes_under_load_do_not_make_a_worker_grow(tmp_path: Path) -> None:
    upstream = Upstream().start()
    edge = EdgeProcess(tmp_path, rules(0, upstream))
    try:
        (worker,) = edge.worker_pids()
        with SteadyClient(f"http://127.0.0.1:{edge.port}", "/", connections=4) as client:
            for number in range(1, WARM + 1):
                edge.publish(rules(number, upstream))
            before = resident(worker)
            for number in range(WARM + 1, PUBLISHES + WARM + 1):
                edge.publish(rules(number, upstream))
            after = resident(worker)
        print(f"{before / 2**20:.1f} MiB, then {after / 2**20:.1f} MiB")  # noqa: T201 - shown with the result
        assert client.failures == []
        assert after - before <= GROWTH
    finally:
        edge.stop()
        upstream.stop()
