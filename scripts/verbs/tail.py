"""``weir tail``: requests as they happen, sampled and redacted."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime

from scripts.api_command import Mistake, api_parser, show_json, with_api
from scripts.terminal.exit_codes import FINE
from scripts.terminal.start_screen import Style, style_for
from scripts.terminal.tables import printable
from weir.api.traffic import Sample, TailQuery
from weir.client.client import Client

HELP = "show requests as they happen, at most 50 a second and node"
RED, YELLOW = "\x1b[31m", "\x1b[33m"


def run(arguments: list[str]) -> int:
    """Until Ctrl-C (130), or until ``--limit`` requests were shown (0)."""
    return with_api("tail", parser().parse_args(arguments), follow)


def parser() -> argparse.ArgumentParser:
    made = api_parser(
        "tail",
        "shows requests as they happen: a sample, without query values, headers, bodies or whole addresses",
    )
    made.add_argument("--rule", default="", metavar="NAME", help="only of this rule; group/rule in a group")
    made.add_argument(
        "--owner", choices=("file", "api", "k8s"), default="", help="only of rules of this owner"
    )
    made.add_argument("--status", default="", metavar="CODE", help="only with this status: 404, or 5xx")
    made.add_argument(
        "--min-ms", type=int, default=0, metavar="N", help="only those that took at least so long"
    )
    made.add_argument("-n", "--limit", type=int, default=0, metavar="N", help="end after so many")
    return made


def follow(client: Client, options: argparse.Namespace) -> int:
    style = style_for(sys.stdout.isatty(), os.environ)
    for shown, sample in enumerate(client.traffic.tail(query_of(options)), 1):
        if options.json:
            show_json(sample)
        else:
            print(line(sample, style))
        sys.stdout.flush()
        if shown == options.limit:
            break
    return FINE


def query_of(options: argparse.Namespace) -> TailQuery:
    if options.min_ms < 0 or options.limit < 0:
        raise Mistake("a number cannot be negative here")
    return TailQuery(
        owner=options.owner, rule=options.rule, status=options.status.lower(), min_ms=options.min_ms
    )


def line(sample: Sample, style: Style) -> str:
    at = datetime.fromtimestamp(sample.time_ms / 1000).astimezone().strftime("%H:%M:%S.%f")[:-3]
    where = f"→ {sample.rule}" if sample.rule else "→ (no rule)"
    if sample.target:
        where += f" → {sample.target}"
    if sample.consumer:
        where = f"{sample.consumer} {where}"
    remarks = [
        word for word in (sample.code, sample.limit and f"limit {sample.limit}", *sample.flags) if word
    ]
    if sample.attempts > 1:
        remarks.append(f"{sample.attempts} attempts")
    tail = f" [{', '.join(remarks)}]" if remarks else ""
    text = f"{sample.method} {sample.scheme}://{sample.host}{sample.path}"
    colour = status_colour(sample.status, style)
    plain = style.plain if colour else ""
    return (
        f"{style.faint}{at} {printable(sample.node)}{style.plain} {colour}{sample.status}{plain} "
        f"{sample.duration_ms:.0f} ms {printable(text)} {style.faint}{printable(where + tail)}{style.plain}"
    )


def status_colour(status: int, style: Style) -> str:
    if not style.bold or status < 400:
        return ""
    return RED if status >= 500 else YELLOW
