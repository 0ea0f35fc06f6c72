from __future__ import annotations

import msgspec
import pytest

from scripts.verbs.nodes import detail_lines, is_well, row, summary
from tests.support.weir_gateway import Gateway
from weir.api.counters import NearLimit, UpstreamBudget
from weir.api.nodes import NodeDetail, NodePage, NodeState, NodeTargetState

pytestmark = pytest.mark.xdist_group("weir-api")

NODE = NodeState(
    name="n1", state="ok", number=7, incarnation="i", serves_current=True, since_ms=0, workers=4, in_step=4,
    draining=False, store="up", config="none", program="0.1.0", status_url="http://h:8003", started_ms=0,
    requests_per_s=12.34, connections=3, cores=0.5, heard_ms_ago=2000,
)  # fmt: skip
LAGGING = msgspec.structs.replace(NODE, in_step=3, serves_current=False)


def test_a_row_shows_workers_that_lag() -> None:
    assert row(NODE, 10_000) == (
        "n1", "ok", "7", "4", "", "12.3", "3", "0.50", "up", "none", "2 s ago",
    )  # fmt: skip
    assert row(LAGGING, 0)[3] == "3/4"
    assert is_well(NODE)
    assert not is_well(LAGGING)
    assert not is_well(msgspec.structs.replace(NODE, state="draining"))


@pytest.mark.parametrize(
    ("number", "live", "behind", "text"),
    [
        (0, 1, 0, "nothing is published yet"),
        (7, 0, 0, "no node runs; the current version is 7"),
        (7, 3, 1, "1 of 3 nodes do not serve the current version 7 yet"),
        (7, 3, 0, "all serve the current version 7"),
    ],
)
def test_the_sum_is_one_sentence(number: int, live: int, behind: int, text: str) -> None:
    assert summary(NodePage(number=number, live=live, behind=behind, all_serve=0)) == text


def test_one_node_tells_of_limits_budgets_and_targets() -> None:
    near = NearLimit(
        owner="api", limit="busy", window="sliding", most=10, per_ms=1000, key="", hash="", used=0.9, left=1,
        refused=3, nodes=1, age_ms=0,
    )  # fmt: skip
    budget = UpstreamBudget(
        owner="api", upstream="u", window_ms=1, cap=1, reserve=0, granted=1, credit=0, left=0, attempts=9, state="cap",
        quarantine_ms=0, lent=0, refused={}, nodes=1,
    )  # fmt: skip
    target = NodeTargetState(
        upstream="api/u", target="http://t:1", out=True, why=("check",), for_s=1.0, workers=1, panic=False, since_ms=0,
        healthy=False, drained_in_flight=None,
    )  # fmt: skip
    detail = NodeDetail(node=NODE, said_ms_ago=0, limits=(near,), budgets=(budget,), targets=(target,))
    assert detail_lines(detail, 0)[-3:] == [
        "limit busy: 90% used by all, 3 refused in the last minute",
        "retry budget of api/u: cap, 0 left",
        "target api/u http://t:1: out (check)",
    ]


def test_the_nodes_of_a_gateway_are_listed_and_told_of(gateway: Gateway) -> None:
    ran = gateway.weir.run("nodes", "--json")
    (node,) = ran.json["items"]
    assert ran.json["live"] == 1
    assert gateway.weir.run("nodes").out.startswith("NODE ")
    told = gateway.weir.run("nodes", node["name"]).out
    assert f"status at {gateway.up.addresses['status']}" in told
    assert gateway.weir.run("nodes", "nowhere").code == 2
