from __future__ import annotations

import msgspec
import pytest

from scripts.verbs.status import caller_text, node_text, nodes_text, traffic_text, version_text
from tests.support.wait import wait_until
from tests.support.weir_gateway import Gateway
from weir.api.nodes import NodePage, NodeState
from weir.api.sessions import Caller
from weir.api.traffic import Traffic
from weir.api.versions import Version

pytestmark = pytest.mark.xdist_group("weir-api")

DAY = 86_400_000
CALLER = Caller(name="ann", role="editor", kind="token", id="1", expires_ms=90 * DAY)
VERSION = Version(
    number=7, parent=6, author="eve\x1b", time_ms=0, message="why\nmore", incarnation="i", min_reader=1, current=True,
    changed=("api",), compared=True, owners={},
)  # fmt: skip


def test_a_token_that_ends_soon_is_said() -> None:
    assert caller_text(CALLER, 0) == "ann (editor)"
    assert caller_text(CALLER, 88 * DAY) == "ann (editor, for another 2 d only)"


def test_a_version_is_told_with_who_and_why() -> None:
    assert version_text(None, 0) == "nothing is published yet: weir apply FILE"
    assert version_text(VERSION, 60_000) == '7, 1 min ago by eve\\x1b (api): "why"'


def test_nodes_and_traffic_are_summed_up() -> None:
    assert nodes_text(NodePage(number=7, live=0, behind=0, all_serve=0)).startswith("none runs")
    assert nodes_text(NodePage(number=7, live=3, behind=1, all_serve=6)) == "3, 1 not at version 7 yet"
    assert traffic_text(Traffic()) == "none in the last minute"
    some = Traffic(requests=9, per_second=1.5, error_ratio=0.5, p50_ms=1, p99_ms=2)
    assert traffic_text(some) == "1.5 requests/s in the last minute, 50.0% errors, p50 1.0 ms, p99 2.0 ms"


def test_a_node_that_is_not_well_says_why() -> None:
    node = NodeState(
        name="n1", state="config_error", number=6, incarnation="i", serves_current=False, since_ms=0, workers=4,
        in_step=3, draining=False, store="away", config="error", config_problems=("x.weir:1:1: no",), program="0.1.0",
        status_url="", started_ms=0, requests_per_s=0.0, connections=0, cores=0.0, heard_ms_ago=0,
    )  # fmt: skip
    text = "n1: config_error, version 6 on 3 of 4 workers, store away; x.weir:1:1: no"
    assert node_text(node) == text
    assert node_text(msgspec.structs.replace(node, serves_current=True)).startswith("n1: config_error, store")


def test_a_gateway_that_is_well_is_exit_code_0(gateway: Gateway) -> None:
    ran = wait_until(lambda: (found := gateway.weir.run("status")).code == 0 and found, what="all is well")
    assert ran.out.startswith(f"admin API  {gateway.client.url}, as weir up (admin)\nversion ")
    facts = gateway.weir.run("status", "--json").json
    assert [*facts] == ["url", "caller", "version", "nodes", "traffic"]


def test_a_wrong_token_is_said(gateway: Gateway) -> None:
    ran = gateway.weir.run("status", "--token", "weirt_wrong")
    assert ran.code == 2
    assert "give another token with weir login" in ran.err
