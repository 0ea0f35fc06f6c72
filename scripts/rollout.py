"""Waiting until every node serves a version with all of its workers, with progress."""

from __future__ import annotations

import time
from typing import TextIO

from scripts.terminal.exit_codes import FINDINGS, FINE
from scripts.terminal.tables import printable
from weir.api.nodes import NodePage, NodesQuery, NodeState
from weir.client.client import Client
from weir.client.errors import Away

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 0.5
NAMED = 5
"""Nodes that a sentence names."""


def follow_rollout(client: Client, number: int, within_s: float, screen: TextIO) -> int:
    """0 when all serve it or a later one, 1 if some do not in time, which are then named.

    What was published stays published, so an API that is away meanwhile is only waited for.
    """
    began, pause, said = time.monotonic(), FIRST_PAUSE_S, ""
    while True:
        page = _look(client)
        if page is not None and page.live == 0:
            print("no node runs, so nothing serves it yet", file=screen)
            return FINE
        if page is not None and page.all_serve >= number:
            print(sentence(page.live, time.monotonic() - began), file=screen)
            return FINE
        if time.monotonic() - began >= within_s:
            print(late(client, number, within_s), file=screen)
            return FINDINGS
        said = _tell(progress(page), said, screen)
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_S)


def progress(page: NodePage | None) -> str:
    if page is None:
        return "the admin API does not answer; waiting for it"
    return f"{page.live - page.behind} of {page.live} nodes serve it…"


def sentence(live: int, seconds: float) -> str:
    return f"{'the node serves it' if live == 1 else f'all {live} nodes serve it'} after {seconds:.1f} s"


def late(client: Client, number: int, within_s: float) -> str:
    """Which nodes, and how they are."""
    try:
        page = client.nodes.list(NodesQuery(version="behind", limit=NAMED))
    except Away as error:
        return f"whether all nodes serve version {number} is not known: {error}"
    names = ", ".join(name_of(node) for node in page.items)
    return printable(
        f"after {within_s:g} s, {page.behind} of {page.live} nodes do not serve version {number} yet: {names}; "
        "look with: weir nodes"
    )


def name_of(node: NodeState) -> str:
    state = "" if node.state == "ok" else f", {node.state}"
    return f"{node.name} (version {node.number}, {node.in_step} of {node.workers} workers{state})"


def _look(client: Client) -> NodePage | None:
    try:
        return client.nodes.list(NodesQuery(limit=1))
    except Away:
        return None


def _tell(text: str, said: str, screen: TextIO) -> str:
    """Only what is new, so that a log does not fill."""
    if text != said:
        print(text, file=screen, flush=True)
    return text
