"""``weir drain``: takes a target of an upstream out of service for a while, or back."""

from __future__ import annotations

import argparse

from scripts.access_flags import add_owner
from scripts.api_command import Mistake, api_parser, show_json, with_api
from scripts.terminal.exit_codes import FINE
from scripts.terminal.moments import lasting_s, span
from scripts.terminal.tables import printable, table
from weir.api.targets import MOST_SECONDS, TargetNow, TargetsNowQuery
from weir.client.client import Client

HELP = "take a target out of service for a while, or back; list those that are out"


def run(arguments: list[str]) -> int:
    """0 done, 2 there is no such target."""
    return with_api("drain", parser().parse_args(arguments), act)


def parser() -> argparse.ArgumentParser:
    made = api_parser(
        "drain",
        "takes a target out of service: it gets no new requests and ends those that it has, and comes back by itself; "
        "without arguments lists the targets that are drained",
    )
    made.add_argument("upstream", nargs="?", default="", metavar="UPSTREAM", help="its name")
    made.add_argument(
        "target", nargs="?", default="", metavar="TARGET", help="its URL, as weir show prints it"
    )
    add_owner(made, "owner of the upstream (default: %(default)s)")
    made.add_argument(
        "--for", dest="lasting", default="10m", metavar="TIME", help="at most 7d (default: %(default)s)"
    )
    made.add_argument("--reason", default="", help="why, for those who look")
    made.add_argument("--back", action="store_true", help="let it back into service now")
    return made


def act(client: Client, options: argparse.Namespace) -> int:
    if not options.upstream:
        return list_all(client, options)
    if not options.target:
        raise Mistake(
            "which target? weir drain UPSTREAM TARGET, such as: weir drain orders http://10.0.0.7:9001"
        )
    if options.back:
        client.targets.undrain(options.upstream, options.target, owner=options.owner)
        said: object = {"upstream": options.upstream, "target": options.target, "drained": False}
        text = f"{options.target} is back in service"
    else:
        seconds = seconds_of(options.lasting)
        drain = client.targets.drain(
            options.upstream, options.target, seconds, reason=options.reason, owner=options.owner
        )
        said, text = drain, f"{options.target} is drained for {span(drain.left_s * 1000 + 999)}"
    if options.json:
        show_json(said)
    else:
        print(printable(text))
    return FINE


def seconds_of(text: str) -> int:
    try:
        seconds = lasting_s(text)
    except ValueError as error:
        raise Mistake(str(error)) from error
    if not 1 <= seconds <= MOST_SECONDS:
        raise Mistake(f"{text} is not between 1s and 7d")
    return seconds


def list_all(client: Client, options: argparse.Namespace) -> int:
    targets = tuple(client.targets.every(TargetsNowQuery(limit=500, drained=True)))
    if options.json:
        show_json({"items": targets})
    elif not targets:
        print("no target is drained")
    else:
        headings = ("UPSTREAM", "OWNER", "TARGET", "FOR", "IN FLIGHT", "BY", "REASON")
        print(table(headings, map(row, targets), right=(4,)))
    return FINE


def row(target: TargetNow) -> tuple[str, ...]:
    drain = target.drained
    if drain is None:
        return target.upstream, target.owner, target.target, "", "", "", ""
    in_flight = "?" if drain.in_flight is None else str(drain.in_flight)
    left = span(drain.left_s * 1000)
    return target.upstream, target.owner, target.target, left, in_flight, drain.author, drain.reason
