"""The store's clock is set an hour back and forth while a target is ejected and the prober of another one is dead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.faked_time import faked_time
from tests.support.servers import RunningServer, start_server, valkey_binary
from tests.support.wait import wait_until
from weir.store.connect import Client, connect
from weir.store.health import Evidence, HealthCalls, Lease, Member, Result, View, read_lease, read_view
from weir.store.keys import Keys
from weir.store.script_calls import ScriptCall

pytestmark = pytest.mark.chaos
ONE = Member("file/u", "http://a:1")
EJECTION_MS, LEASE_MS = 20_000, 3_000


class Store:
    """A store, and a clock that it believes."""

    def __init__(self, client: Client, clock: Path) -> None:
        self.client, self.clock = client, clock

    def ask(self, call: ScriptCall) -> Any:
        return self.client.pipeline([call])[0]

    def view(self, node: HealthCalls, since: int = 0) -> View:
        return read_view(self.ask(node.view(since)), since)

    def lease(self, node: HealthCalls) -> Lease:
        return read_lease(self.ask(node.lease("c", LEASE_MS)), "c")

    def set_clock(self, to: str) -> None:
        def now() -> int:
            with self.client.session("") as session:
                return int(session.call("TIME")[0])

        before = now()
        self.clock.write_text(f"{to}\n")
        wait_until(lambda: abs(now() - before) > 1800, within_s=30, what="another time")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    clock = tmp_path / "clock"
    clock.write_text("+0\n")
    with monkeypatch.context() as only:
        for name, value in faked_time(clock).items():
            only.setenv(name, value)
        server: RunningServer = start_server(tmp_path / "store", valkey_binary())
    client = connect(server.url, timeout_s=10.0)
    yield Store(client, clock)
    client.close()
    server.stop()


def test_an_hour_back_and_forth(store: Store) -> None:
    one, other, dead = (HealthCalls(Keys("test"), node) for node in ("n1", "n2", "dead"))
    seen = Evidence(ONE, 3, 10.0, 5, EJECTION_MS, 0, 5, 5)
    for node in (one, other):
        store.view(node)
        store.ask(node.report([seen]))
    store.ask(dead.result("c", Result(False, 0, "status", "503", "dead"), LEASE_MS))
    view = store.view(one)
    assert 0 < view.ejected[ONE] <= EJECTION_MS

    store.set_clock("-3600")
    view = store.view(one, view.since)
    assert 0 < view.ejected[ONE] <= EJECTION_MS
    assert [result.check for result in view.results] == ["c"]
    refused = store.lease(one)
    assert refused.mine or (refused.holder, refused.left_ms <= LEASE_MS) == ("dead", True)
    wait_until(lambda: store.lease(one).mine, within_s=30, what="the lease of the dead prober")
    assert store.ask(one.result("c", Result(True, 0, "passed", "", "n1"), LEASE_MS)) == 1
    assert [result.result.node for result in store.view(other, view.since).results] == ["n1"]

    store.set_clock("+0")
    assert store.view(one).ejected == {}
    assert store.lease(one).mine
