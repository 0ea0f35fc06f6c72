"""``weir status``: what runs, what it serves, what is wrong, and who you are."""

from __future__ import annotations

import argparse
import os
import sys

from scripts.api_command import api_parser, show_json, with_api
from scripts.terminal.exit_codes import FINDINGS, FINE
from scripts.terminal.moments import ago, now_ms, span
from scripts.terminal.start_screen import style_for
from scripts.terminal.tables import printable
from scripts.verbs.nodes import is_well
from weir.api.nodes import NodePage, NodesQuery, NodeState
from weir.api.sessions import Caller
from weir.api.traffic import RulesQuery, Traffic
from weir.api.versions import Version, VersionsQuery
from weir.client.client import Client

HELP = "say what runs, what it serves, what is wrong, and who you are"
SOON_MS = 7 * 86_400_000


def run(arguments: list[str]) -> int:
    """0 all is well, 1 a node is not."""
    return with_api("status", parser().parse_args(arguments), show)


def parser() -> argparse.ArgumentParser:
    return api_parser("status", "says what runs, which version it serves, what is wrong, and who you are")


def show(client: Client, options: argparse.Namespace) -> int:
    caller = client.sessions.current()
    versions = client.versions.list(VersionsQuery(limit=1)).items
    version = versions[0] if versions else None
    page = client.nodes.list(NodesQuery(limit=1))
    nodes = tuple(client.nodes.every(NodesQuery(limit=500)))
    traffic = client.traffic.rules(RulesQuery(window="1m", limit=1)).total
    ill = [node for node in nodes if not is_well(node)]
    if options.json:
        facts = {"url": client.url, "caller": caller, "version": version, "nodes": nodes, "traffic": traffic}
        show_json(facts)
    else:
        style, now = style_for(sys.stdout.isatty(), os.environ), now_ms()
        rows = [
            ("admin API", f"{client.url}, as {caller_text(caller, now)}"),
            ("version", version_text(version, now)),
            ("nodes", nodes_text(page)),
            *(("", f"{style.bold}{node_text(node)}{style.plain}") for node in ill),
            ("traffic", traffic_text(traffic)),
        ]
        print("\n".join(f"{name:<11}{text}" for name, text in rows))
    return FINDINGS if ill or not nodes else FINE


def caller_text(caller: Caller, now: int) -> str:
    left = caller.expires_ms - now
    until = f", for another {span(left)} only" if left < SOON_MS else ""
    return printable(f"{caller.name or caller.kind} ({caller.role}{until})")


def version_text(version: Version | None, now: int) -> str:
    if version is None:
        return "nothing is published yet: weir apply FILE"
    why = f': "{version.message.partition(chr(10))[0]}"' if version.message else ""
    owners = ", ".join(version.changed)
    return printable(f"{version.number}, {ago(version.time_ms, now)} by {version.author} ({owners}){why}")


def nodes_text(page: NodePage) -> str:
    if not page.live:
        return "none runs: weir up, or weir edge"
    behind = f", {page.behind} not at version {page.number} yet" if page.behind else ""
    return f"{page.live}{behind}"


def node_text(node: NodeState) -> str:
    problems = f"; {node.config_problems[0]}" if node.config_problems else ""
    lag = (
        "" if node.serves_current else f", version {node.number} on {node.in_step} of {node.workers} workers"
    )
    return printable(f"{node.name}: {node.state}{lag}, store {node.store}{problems}")


def traffic_text(traffic: Traffic) -> str:
    if not traffic.requests:
        return "none in the last minute"
    return (
        f"{traffic.per_second:.1f} requests/s in the last minute, {traffic.error_ratio * 100:.1f}% errors, "
        f"p50 {traffic.p50_ms:.1f} ms, p99 {traffic.p99_ms:.1f} ms"
    )
