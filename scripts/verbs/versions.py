"""``weir versions``: the history: who published what, when and why, and what differs."""

from __future__ import annotations

import argparse
import os
import sys
from itertools import islice

from scripts.api_command import Mistake, api_parser, show_json, with_api
from scripts.terminal.differences import diff_text, shown
from scripts.terminal.exit_codes import FINE
from scripts.terminal.moments import ago, clock, now_ms
from scripts.terminal.start_screen import style_for
from scripts.terminal.tables import cut, printable, table
from weir.api.versions import Version, VersionsQuery
from weir.client.client import Client
from weir.models.document import OWNERS

HELP = "list the history, show a version, compare two"


def run(arguments: list[str]) -> int:
    options = parser().parse_args(arguments)
    return with_api("versions", options, act)


def parser() -> argparse.ArgumentParser:
    made = api_parser(
        "versions",
        "lists the versions that are kept (weir versions), shows one (weir versions 12) "
        "or what differs between two (weir versions diff 10 12)",
    )
    made.add_argument("words", nargs="*", metavar="N | diff A [B]", help="a version, or diff and one or two")
    made.add_argument(
        "-n", "--limit", type=int, default=20, help="list at most so many (default: %(default)s)"
    )
    made.add_argument(
        "--text", action="store_true", help="of one version: its whole configuration as .weir text"
    )
    made.add_argument(
        "--owner", choices=OWNERS, default=None, help="whose configuration (default: every owner's)"
    )
    return made


def act(client: Client, options: argparse.Namespace) -> int:
    match options.words:
        case []:
            return list_all(client, options)
        case ["diff", *numbers] if 1 <= len(numbers) <= 2:
            return compare(client, options, [number_of(text) for text in numbers])
        case [text] if text != "diff":
            return show_one(client, options, number_of(text))
    raise Mistake("expected nothing, the number of a version, or: diff A [B]")


def number_of(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or len(text) > 15 or int(text) < 1:
        raise Mistake(f'"{text}" is not the number of a version')
    return int(text)


def list_all(client: Client, options: argparse.Namespace) -> int:
    query = VersionsQuery(limit=min(max(options.limit, 1), 500), owner=options.owner)
    found = list(islice(client.versions.every(query), max(0, options.limit)))
    if options.json:
        show_json({"items": found})
        return FINE
    now = now_ms()
    print(
        table(("VERSION", "WHEN", "WHO", "OWNER", "MESSAGE"), [row(version, now) for version in found], (0,))
    )
    return FINE


def row(version: Version, now: int) -> tuple[str, ...]:
    number = f"{'* ' if version.current else ''}{version.number}"
    message = cut(printable(version.message.partition("\n")[0]), 70)
    return number, ago(version.time_ms, now), version.author, ", ".join(version.changed), message


def show_one(client: Client, options: argparse.Namespace, number: int) -> int:
    if options.text:
        print(client.versions.text(number, options.owner or "api"), end="")
        return FINE
    version = client.versions.get(number)
    owners = [options.owner] if options.owner else version.changed
    differences = [client.versions.difference(number, owner=owner) for owner in owners if version.compared]
    if options.json:
        show_json({"version": version, "differences": differences})
        return FINE
    style = style_for(sys.stdout.isatty(), os.environ)
    current = ", current" if version.current else ""
    print(f"{style.bold}version {number}{style.plain}{current}, after {version.parent or 'nothing'}")
    print(f"{printable(version.author)}, {clock(version.time_ms)}")
    for line in version.message.splitlines():
        print(f"    {printable(line)}")
    for each in differences:
        print(f"\nowner {each.owner}:\n{shown(each.difference, style)}")
    if not version.compared:
        print("\nthe version before it is no longer kept, so there is nothing to compare it with")
    return FINE


def compare(client: Client, options: argparse.Namespace, numbers: list[int]) -> int:
    """From A to B; of one alone, from it to the current version."""
    first = numbers[0]
    second = numbers[1] if len(numbers) == 2 else current_of(client)
    owners = [options.owner] if options.owner else OWNERS
    found = [client.versions.difference(second, first, owner) for owner in owners]
    if options.json:
        show_json({"differences": found})
        return FINE
    style = style_for(sys.stdout.isatty(), os.environ)
    texts = [
        f"owner {each.owner}:\n{diff_text(each.difference.text, style, sys.maxsize)}"
        for each in found
        if each.difference.text
    ]
    print("\n".join(texts) or f"versions {first} and {second} have the same configuration")
    return FINE


def current_of(client: Client) -> int:
    page = client.versions.list(VersionsQuery(limit=1))
    if not page.items:
        raise Mistake("nothing has been published yet")
    return page.items[0].number
