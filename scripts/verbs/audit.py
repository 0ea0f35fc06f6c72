"""``weir audit``: who changed what, when, and what came of it."""

from __future__ import annotations

import argparse
from itertools import islice

from scripts.api_command import Mistake, api_parser, show_json, with_api
from scripts.terminal.exit_codes import FINE
from scripts.terminal.moments import clock, lasting_s, now_ms
from scripts.terminal.tables import cut, table
from weir.api.audit import AuditEntry, AuditQuery
from weir.api.operation import BASE
from weir.client.client import Client

HELP = "list who changed what, when, and what came of it"
MESSAGE_CELLS = 60


def run(arguments: list[str]) -> int:
    return with_api("audit", parser().parse_args(arguments), show)


def parser() -> argparse.ArgumentParser:
    made = api_parser("audit", "lists changes and refused attempts at changes, the newest first")
    made.add_argument("-n", "--limit", type=int, default=20, help="at most so many (default: %(default)s)")
    made.add_argument("--actor", default="", metavar="NAME", help="only by the token of this name")
    made.add_argument(
        "--operation",
        default="",
        metavar="NAME",
        help="only of a resource (rules) or operation (rules.replace)",
    )
    made.add_argument("--since", default="", metavar="TIME", help="only of the last 30m, 12h or 7d")
    return made


def show(client: Client, options: argparse.Namespace) -> int:
    entries = list(islice(client.audit.every(query_of(options, now_ms())), max(0, options.limit)))
    if options.json:
        show_json({"items": entries})
    else:
        headings = ("WHEN", "WHO", "FROM", "WHAT", "STATUS", "VERSION", "MESSAGE")
        print(table(headings, [row(entry) for entry in entries], right=(5,)))
    return FINE


def query_of(options: argparse.Namespace, now: int) -> AuditQuery:
    try:
        since = now - lasting_s(options.since) * 1000 if options.since else 0
    except ValueError as error:
        raise Mistake(str(error)) from error
    limit = min(max(options.limit, 1), 500)
    return AuditQuery(limit=limit, actor=options.actor, operation=options.operation, since=since)


def row(entry: AuditEntry) -> tuple[str, ...]:
    said = entry.message or ", ".join(f"{name} {value}" for name, value in entry.extras.items())
    status = f"{entry.status} {entry.code}".strip()
    what = f"{entry.operation} {entry.path.removeprefix(BASE)}".rstrip()
    version = str(entry.number or "")
    who = entry.actor or "(nobody)"
    return clock(entry.time_ms), who, entry.address, cut(what, 50), status, version, cut(said, MESSAGE_CELLS)
