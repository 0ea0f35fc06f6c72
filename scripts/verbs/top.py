"""``weir top``: what goes through the cluster, refreshed every second."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from scripts.api_command import Mistake, api_parser, show_json, with_api
from scripts.rates import Rates
from scripts.terminal.exit_codes import FINE
from scripts.terminal.interrupt import interruptible
from scripts.terminal.start_screen import Style, style_for
from scripts.terminal.tables import cut, fitted, printable, table, wrapped
from weir.api.counters import LimitsNow, LimitsNowQuery, NearLimit
from weir.api.nodes import NodePage, NodesQuery
from weir.api.traffic import RulePage, RulesQuery, RuleTraffic
from weir.client.client import Client

HELP = "show what goes through the cluster, refreshed every second"
CLEAR = "\x1b[H\x1b[J"
SORTS = ("requests", "errors", "p50", "p99", "retries", "limited", "name")
LINES_BESIDE = 14
"""Of the screen: what stands above and below the rules where it is narrow."""
MOST_LIMITS = 5
NAME_CELLS = 40
HEADINGS = ("RULE", "OWNER", "REQ/S", "ERR/S", "ERR %", "P50 MS", "P99 MS", "RETRY/S", "LIMITED/S")
FIRST_OUT = ("RETRY/S", "LIMITED/S", "OWNER", "P50 MS", "ERR/S", "P99 MS")
"""Columns that a narrow terminal has no room for, the most dispensable first."""
COUNTED = ("requests", "server_errors", "retries", "limited")


class Look(NamedTuple):
    """What is on one screen."""

    rules: RulePage
    """Of the last minute and the one that runs: counts that only grow until the next minute begins."""
    nodes: NodePage
    limits: LimitsNow


class Room(NamedTuple):
    """What fits."""

    rules: int
    cells: int = 10_000
    """Of one line."""
    lines: int = 10_000


class Watch:
    """The rates of every rule, and of all together under the name ""."""

    def __init__(self) -> None:
        self._rates = {name: Rates() for name in COUNTED}

    def look(self, seconds: float, page: RulePage) -> None:
        for name, rates in self._rates.items():
            counts = {key_of(item): int(getattr(item.traffic, name)) for item in page.items}
            rates.look(seconds, counts | {"": int(getattr(page.total, name))}, page.span.from_ms)

    def rate(self, name: str, key: str, otherwise: float) -> float:
        """``otherwise`` until there were two looks."""
        found = self._rates[name].per_second(key)
        return otherwise if found is None else found


def run(arguments: list[str]) -> int:
    """Until Ctrl-C (130); with ``--once`` 0."""
    return with_api("top", parser().parse_args(arguments), top)


def parser() -> argparse.ArgumentParser:
    made = api_parser(
        "top", "shows requests, errors, latency, retries and refusals per rule: rates of the last seconds, "
        "latencies of the last minute",
    )  # fmt: skip
    made.add_argument(
        "--once", action="store_true", help="print one screen, with the rates of the last minute"
    )
    made.add_argument("--interval", type=float, default=1.0, metavar="SECONDS", help="default: %(default)g")
    made.add_argument("--sort", choices=SORTS, default="requests", help="default: %(default)s")
    made.add_argument("-n", "--limit", type=int, default=0, metavar="N", help="rules (default: what fits)")
    made.add_argument("--rule", default="", metavar="TEXT", help="only rules with this in their name")
    return made


def top(client: Client, options: argparse.Namespace) -> int:
    if not 0.2 <= options.interval <= 3600:
        raise Mistake("--interval is between 0.2 and 3600 seconds")
    is_terminal = sys.stdout.isatty()
    style = style_for(is_terminal, os.environ)
    watch = Watch()
    with interruptible() as check:
        while True:
            check()
            look = look_at(client, options)
            if options.json:
                show_json({"rules": look.rules, "nodes": look.nodes, "limits": look.limits})
            else:
                watch.look(time.monotonic(), look.rules)
                clear = CLEAR if is_terminal and not options.once else ""
                print(
                    clear + screen(look, watch, room_of(options, is_terminal=is_terminal), style), flush=True
                )
            if options.once:
                return FINE
            time.sleep(options.interval)


def room_of(options: argparse.Namespace, *, is_terminal: bool) -> Room:
    """On a terminal as much as it shows without scrolling, of which the last line is the cursor's."""
    if not is_terminal:
        return Room(options.limit or 20)
    cells, lines = shutil.get_terminal_size()
    if options.once:
        return Room(options.limit or max(1, lines - LINES_BESIDE), cells)
    return Room(options.limit or max(1, lines - LINES_BESIDE), cells, lines - 1)


def look_at(client: Client, options: argparse.Namespace) -> Look:
    query = RulesQuery(window="1m", sort=options.sort, rule=options.rule, limit=500)
    return Look(
        client.traffic.rules(query),
        client.nodes.list(NodesQuery(limit=1)),
        client.counters.limits(LimitsNowQuery(limit=MOST_LIMITS)),
    )


def screen(look: Look, watch: Watch, room: Room, style: Style) -> str:
    """As many rules as there is room for, and how many more there are."""
    items = look.rules.items
    rows = [row(item, watch, look.rules.span.seconds) for item in items[: room.rules]]
    headings, rows = fitted(HEADINGS, rows, room.cells, FIRST_OUT)
    right = [number for number, heading in enumerate(headings) if heading not in ("RULE", "OWNER")]
    lines = [*head_lines(look, watch, room.cells, style), "", *table(headings, rows, right).splitlines()]
    more = len(items) - room.rules
    if more > 0:
        lines.append(f"… and {more}{'+' if look.rules.next else ''} more rules")
    if not items:
        lines.append("no requests in the last minute")
    limits = [cut(limit_line(near), room.cells) for near in look.limits.items[:MOST_LIMITS]]
    lines += ["", *limits] if limits else []
    return "\n".join(lines[: room.lines])


def head_lines(look: Look, watch: Watch, cells: int, style: Style) -> list[str]:
    total = look.rules.total
    rates: Mapping[str, float] = {
        name: watch.rate(name, "", getattr(total, name) / max(1.0, look.rules.span.seconds))
        for name in COUNTED
    }
    first, *more = wrapped(
        (
            f"{rates['requests']:.1f} requests/s",
            f"{rates['server_errors']:.1f} errors/s",
            f"p50 {total.p50_ms:.1f} ms",
            f"p99 {total.p99_ms:.1f} ms",
            f"{rates['retries']:.1f} retries/s",
            f"{rates['limited']:.1f} limited/s",
        ),
        cells,
    )
    requests, comma, rest = first.partition(",")
    return [
        cut(nodes_text(look.nodes), cells),
        f"{style.bold}{requests}{style.plain}{comma}{rest}",
        *more,
    ]


def nodes_text(page: NodePage) -> str:
    behind = f", {page.behind} behind" if page.behind else ""
    return f"version {page.number or '-'} on {page.live} node{'' if page.live == 1 else 's'}{behind}"


def limit_line(near: NearLimit) -> str:
    who = near.key or (near.hash[:12] if near.hash else "all")
    return printable(
        f"limit {near.limit} ({near.owner}): {near.used * 100:.0f}% used by {who}, "
        f"{near.refused} refused in the last minute"
    )


def row(item: RuleTraffic, watch: Watch, seconds: float) -> Sequence[str]:
    traffic, key = item.traffic, key_of(item)
    rates = [watch.rate(name, key, getattr(traffic, name) / max(1.0, seconds)) for name in COUNTED]
    requests, errors, retries, limited = (f"{rate:.1f}" for rate in rates)
    return (
        cut(item.rule or ("(no rule)" if not item.owner else "(other)"), NAME_CELLS),
        item.owner,
        requests,
        errors,
        f"{traffic.error_ratio * 100:.1f}",
        f"{traffic.p50_ms:.1f}",
        f"{traffic.p99_ms:.1f}",
        retries,
        limited,
    )


def key_of(item: RuleTraffic) -> str:
    return f"{item.owner}\n{item.rule}"
