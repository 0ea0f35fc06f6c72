"""``weir nodes``: who serves which version, how busy, and what is wrong."""

from __future__ import annotations

import argparse

from scripts.api_command import api_parser, show_json, with_api
from scripts.terminal.exit_codes import FINDINGS, FINE
from scripts.terminal.moments import ago, now_ms
from scripts.terminal.tables import printable, table
from weir.api.nodes import NodeDetail, NodePage, NodesQuery, NodeState
from weir.client.client import Client

HELP = "list the nodes: version, load, and what is wrong"
HEADINGS = (
    "NODE",
    "STATE",
    "VERSION",
    "WORKERS",
    "SINCE",
    "REQ/S",
    "CONNS",
    "CORES",
    "STORE",
    "RULES FILE",
    "HEARD",
)


def run(arguments: list[str]) -> int:
    """0 all serve the current version and are well, 1 some are not."""
    return with_api("nodes", parser().parse_args(arguments), show)


def parser() -> argparse.ArgumentParser:
    made = api_parser("nodes", "lists the nodes that live, or tells all of one")
    made.add_argument(
        "name", nargs="?", default="", metavar="NODE", help="only this one, with all that it says"
    )
    return made


def show(client: Client, options: argparse.Namespace) -> int:
    if options.name:
        detail = client.nodes.get(options.name)
        if options.json:
            show_json(detail)
        else:
            print("\n".join(detail_lines(detail, now_ms())))
        return FINE if is_well(detail.node) else FINDINGS
    page = client.nodes.list(NodesQuery(limit=1))
    nodes = tuple(client.nodes.every(NodesQuery(limit=500)))
    if options.json:
        show_json({"items": nodes, "number": page.number, "live": page.live, "behind": page.behind})
    else:
        now = now_ms()
        print(table(HEADINGS, [row(node, now) for node in nodes], right=(2, 3, 5, 6, 7)))
        print(f"\n{summary(page)}")
    return FINE if all(map(is_well, nodes)) else FINDINGS


def is_well(node: NodeState) -> bool:
    return node.state == "ok" and node.serves_current


def summary(page: NodePage) -> str:
    if not page.number:
        return "nothing is published yet"
    if not page.live:
        return f"no node runs; the current version is {page.number}"
    if page.behind:
        return f"{page.behind} of {page.live} nodes do not serve the current version {page.number} yet"
    return f"all serve the current version {page.number}"


def row(node: NodeState, now: int) -> tuple[str, ...]:
    workers = str(node.workers) if node.in_step == node.workers else f"{node.in_step}/{node.workers}"
    return (
        node.name,
        node.state,
        str(node.number),
        workers,
        ago(node.since_ms, now) if node.since_ms else "",
        f"{node.requests_per_s:.1f}",
        str(node.connections),
        f"{node.cores:.2f}",
        node.store,
        node.config,
        ago(now - node.heard_ms_ago, now),
    )


def detail_lines(detail: NodeDetail, now: int) -> list[str]:
    node = detail.node
    started = f", started {ago(node.started_ms, now)}" if node.started_ms else ""
    lines = [
        table(HEADINGS, [row(node, now)], right=(2, 3, 5, 6, 7)),
        "",
        printable(f"weir {node.program}{started}, status at {node.status_url}"),
        *(printable(problem) for problem in node.config_problems),
    ]
    lines += [
        printable(f"limit {near.limit}: {near.used * 100:.0f}% used by {near.key or near.hash or 'all'}, "
                  f"{near.refused} refused in the last minute")
        for near in detail.limits
    ]  # fmt: skip
    lines += [
        printable(f"retry budget of {budget.owner}/{budget.upstream}: {budget.state}, {budget.left} left")
        for budget in detail.budgets
    ]
    for target in detail.targets:
        why = f" ({', '.join(target.why)})" if target.why else ""
        state = "out" if target.out else "drained" if target.drained_in_flight is not None else "in"
        lines.append(printable(f"target {target.upstream} {target.target}: {state}{why}"))
    return lines
