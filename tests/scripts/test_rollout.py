"""Waiting for nodes, against a server that plays the API."""

from __future__ import annotations

import io

import msgspec

from scripts.rollout import follow_rollout, name_of
from tests.support.scripted_api import Says, ScriptedApi, problem
from weir.api.nodes import NodePage, NodeState
from weir.client.client import Client

NODE = NodeState(
    name="n1", state="store_behind", number=6, incarnation="i", serves_current=False, since_ms=0, workers=4, in_step=3,
    draining=False, store="up", config="none", program="0.1.0", status_url="", started_ms=0, requests_per_s=0.0,
    connections=0, cores=0.0, heard_ms_ago=0,
)  # fmt: skip


def says(live: int, behind: int, all_serve: int, *items: NodeState) -> Says:
    page = NodePage(items=items, number=7, live=live, behind=behind, all_serve=all_serve)
    return Says(body=msgspec.json.encode(page))


def followed(within_s: float, *answers: Says) -> tuple[int, list[str], int]:
    """Exit code, lines, and how often it asked."""
    screen = io.StringIO()
    with ScriptedApi(*answers) as api, Client(api.url, retries=0) as client:
        code = follow_rollout(client, 7, within_s, screen)
        return code, screen.getvalue().splitlines(), len(api.asked)


def test_it_ends_when_all_serve_it_and_tells_only_what_is_new() -> None:
    code, lines, _ = followed(60, says(2, 2, 6), says(2, 2, 6), says(2, 1, 6), says(2, 0, 7))
    assert code == 0
    assert lines[:2] == ["0 of 2 nodes serve it…", "1 of 2 nodes serve it…"]
    assert lines[2].startswith("all 2 nodes serve it after ")


def test_a_later_version_will_do() -> None:
    code, lines, asked = followed(60, says(1, 0, 9))
    assert (code, asked, lines[0][:20]) == (0, 1, "the node serves it a")


def test_nodes_that_do_not_follow_in_time_are_named() -> None:
    code, lines, _ = followed(0.0, says(2, 1, 6, NODE))
    assert code == 1
    assert lines[-1] == (
        "after 0 s, 1 of 2 nodes do not serve version 7 yet: n1 (version 6, 3 of 4 workers, store_behind); "
        "look with: weir nodes"
    )


def test_without_nodes_there_is_nothing_to_wait_for() -> None:
    assert followed(60, says(0, 0, 0))[:2] == (0, ["no node runs, so nothing serves it yet"])


def test_an_api_that_is_away_for_a_moment_is_waited_for() -> None:
    code, lines, _ = followed(60, problem(503, "store-away"), says(1, 0, 7))
    assert code == 0
    assert lines[0] == "the admin API does not answer; waiting for it"


def test_an_api_that_stays_away_leaves_it_unknown() -> None:
    code, lines, _ = followed(0.0, problem(503, "store-away", "No store."))
    assert (code, lines[-1]) == (1, "whether all nodes serve version 7 is not known: No store.")


def test_a_node_is_named_with_what_is_wrong() -> None:
    well = msgspec.structs.replace(NODE, state="ok")
    assert name_of(well) == "n1 (version 6, 3 of 4 workers)"
