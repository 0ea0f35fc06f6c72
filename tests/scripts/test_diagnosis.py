from __future__ import annotations

import msgspec
import pytest

from scripts import diagnosis
from weir.api.keys import Key
from weir.api.nodes import NodePage, NodeState
from weir.api.sessions import Caller

DAY = 86_400_000
NODE = NodeState(
    name="n1", state="ok", number=7, incarnation="i", serves_current=True, since_ms=0, workers=4, in_step=4,
    draining=False, store="up", config="none", program="0.1.0", status_url="", started_ms=0, requests_per_s=0.0,
    connections=0, cores=0.0, heard_ms_ago=0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("here_s", "level", "text"),
    [
        (0.5, "fine", "agree"),
        (5.4, "fine", "agree"),
        (-4.4, "fine", "agree"),
        (6.6, "wrong", "6 s ahead of the API"),
        (-119.6, "wrong", "2 min behind the API"),
    ],
)
def test_clocks_that_differ_are_said(here_s: float, level: str, text: str) -> None:
    found = diagnosis.clocks("Thu, 01 Jan 1970 00:00:00 GMT", here_s)
    assert (found.level, text in found.text) == (level, True)


def test_a_clock_that_is_not_told_is_doubtful() -> None:
    assert diagnosis.clocks("", 0.0).level == "doubtful"


def test_a_token_that_ends_soon_is_doubtful() -> None:
    caller = Caller(name="ann", role="editor", kind="token", id="t1", expires_ms=8 * DAY)
    assert diagnosis.token(caller, 0).level == "fine"
    assert diagnosis.token(caller, 2 * DAY).hint == "weir token rotate t1, then weir login"


def test_keys_in_use_that_end_soon_are_told_with_the_first_of_them() -> None:
    def key(identity: str, ends: int, used: int) -> Key:
        return Key(
            id=identity,
            consumer="acme",
            created_ms=0,
            created_by="x",
            expires_ms=ends,
            last_used_ms=used,
            state="expiring",
        )

    found = list(
        diagnosis.keys(
            [key("a", 9 * DAY, 3 * DAY), key("b", 7 * DAY, 5 * DAY), key("c", 6 * DAY, 0)], 5 * DAY - 1
        )
    )
    (one,) = found
    assert one.level == "doubtful"
    assert one.text == "one that is in use ends within a week: b of acme in 2 d"
    assert "weir key rotate b" in one.hint
    (both,) = diagnosis.keys([key("a", 9 * DAY, 5 * DAY), key("b", 7 * DAY, 5 * DAY)], 5 * DAY)
    assert both.text.startswith("2 that are in use end within a week: b of acme")
    assert list(diagnosis.keys([], 0)) == []


def levels(page: NodePage, *nodes: NodeState) -> dict[str, str]:
    return {finding.about: finding.level for finding in diagnosis.nodes(page, nodes)}


def test_nodes_that_are_well_are_fine() -> None:
    page = NodePage(number=7, live=1, behind=0, all_serve=7)
    assert levels(page, NODE) == {"versions": "fine", "nodes": "fine"}


def test_nodes_that_lag_are_degraded_or_of_another_program_are_told() -> None:
    page = NodePage(number=7, live=2, behind=1, all_serve=6)
    other = msgspec.structs.replace(NODE, name="n2", state="store_behind", program="0.2.0")
    assert levels(page, NODE, other) == {"versions": "wrong", "node n2": "wrong", "programs": "doubtful"}


def test_no_node_at_all_is_wrong() -> None:
    assert levels(NodePage(number=7, live=0, behind=0, all_serve=0)) == {"nodes": "wrong"}


@pytest.mark.parametrize(
    ("info", "save", "persistence", "eviction"),
    [
        ({"aof_enabled": 1, "maxmemory_policy": "noeviction"}, "", "fine", "fine"),
        ({"aof_enabled": 0, "maxmemory_policy": "volatile-lru"}, "3600 1", "doubtful", "doubtful"),
        ({"aof_enabled": 0, "maxmemory_policy": "allkeys-lru"}, "", "wrong", "wrong"),
        ({}, None, "doubtful", "fine"),
    ],
)
def test_a_store_that_may_forget_is_told(
    info: dict[str, object], save: str | None, persistence: str, eviction: str
) -> None:
    found = {finding.about: finding.level for finding in diagnosis.store(info, save)}
    assert found == {"store": "fine", "persistence": persistence, "eviction": eviction}


def test_a_file_that_others_may_read_is_wrong() -> None:
    assert diagnosis.mode("x", "/x", 0o600, 0o600).level == "fine"
    assert diagnosis.mode("x", "/x", 0o400, 0o600).level == "fine"
    assert diagnosis.mode("x", "/x", 0o640, 0o600).hint == "chmod 600 /x"
