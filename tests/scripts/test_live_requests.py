"""Requests as they happen, through all parts: edge, agent, store, admin API, client."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.support.wait import wait_until
from tests.support.weir_gateway import Gateway
from tests.support.weir_up import WITHIN_S
from weir.api.traffic import Sample, TailQuery

pytestmark = pytest.mark.xdist_group("weir-api")
RULES = """
rule live { when path under "/live"; respond 200 "" }
rule other { when path under "/other"; respond 503 "" }
"""
MOST = 50


@pytest.fixture
def published(gateway: Gateway) -> Gateway:
    gateway.publish(RULES)
    wait_until(lambda: gateway.up.get("/live/0?key=SECRET")[0] == 200, within_s=WITHIN_S, what="the rules")
    return gateway


def watched(gateway: Gateway, query: TailQuery, wanted: int) -> list[Sample]:
    """So many; requests of both rules go on until they are there."""
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            gateway.up.get("/live/now?key=SECRET")
            gateway.up.get("/other/now")

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    found: list[Sample] = []
    stream: Iterator[Sample] = gateway.client.traffic.tail(query, "1-1")
    try:
        for sample in stream:
            found.append(sample)
            if len(found) == wanted:
                return found
    finally:
        done.set()
        asking.join(timeout=WITHIN_S)
    return found


def test_only_what_happens_while_somebody_watches_is_kept_and_only_what_is_asked_for(
    published: Gateway,
) -> None:
    found = watched(published, TailQuery(rule="live"), 3)
    assert {(sample.rule, sample.owner, sample.path, sample.status) for sample in found} == {
        ("live", "api", "/live/now?key", 200)
    }
    assert all(sample.ip == "127.0.0.0/24" for sample in found)


def test_a_node_brings_no_more_than_may_be_in_a_second(published: Gateway) -> None:
    found = watched(published, TailQuery(owner="api"), 3 * MOST)
    ids = [int(sample.id.partition("-")[0]) for sample in found]
    windows = Counter((each - ids[0]) // 900 for each in ids)
    assert max(windows.values()) <= MOST
