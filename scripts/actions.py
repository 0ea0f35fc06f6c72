"""The frame of commands with actions (``weir key list``): their parsers, and which function an action is."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import NamedTuple

from scripts.access_flags import add_access
from scripts.api_command import Act, Mistake, show_json, with_api
from scripts.terminal.asking import confirm
from scripts.terminal.exit_codes import FINE
from scripts.terminal.moments import lasting_s, span
from scripts.terminal.tables import printable


class Action(NamedTuple):
    name: str
    help: str
    description: str
    """A sentence: ``Lists all keys.``"""
    act: Act
    arguments: Callable[[argparse.ArgumentParser], None] = lambda _: None


def actions_parser(verb: str, description: str, actions: Sequence[Action]) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog=f"weir {verb}", description=description)
    found = made.add_subparsers(dest="action", metavar="ACTION", required=True)
    for action in actions:
        each = found.add_parser(action.name, help=action.help, description=action.description)
        action.arguments(each)
        each.add_argument("--json", action="store_true", help="print JSON, in the shapes of the admin API")
        add_access(each)
    return made


def run_action(
    verb: str, parser: argparse.ArgumentParser, actions: Sequence[Action], given: list[str]
) -> int:
    options = parser.parse_args(given)
    act = next(action.act for action in actions if action.name == options.action)
    return with_api(verb, options, act)


def add_yes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask")


def agreed(options: argparse.Namespace, question: str) -> bool:
    """Raises Mistake where nobody can be asked."""
    return bool(options.yes) or confirm(question, otherwise="--yes does it without asking")


def said(options: argparse.Namespace, result: object, text: str) -> int:
    """JSON for programs, a sentence for people."""
    if options.json:
        show_json(result)
    else:
        print(printable(text))
    return FINE


def seconds(text: str, least: int, most: int) -> int:
    """Of ``12h`` or ``30d``. Raises Mistake."""
    try:
        amount = lasting_s(text)
    except ValueError as error:
        raise Mistake(str(error)) from error
    if not least <= amount <= most:
        raise Mistake(f"{text} is not between {span(least * 1000)} and {span(most * 1000)}")
    return amount


def words(text: str) -> tuple[str, ...]:
    """Of a flag that takes several, with spaces between them; each once."""
    return tuple(dict.fromkeys(text.split()))
