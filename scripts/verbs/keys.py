"""``weir key``: API keys: list, create, rotate, disable, revoke."""

from __future__ import annotations

import argparse
import sys
from typing import get_args

from scripts.actions import Action, actions_parser, run_action, said, seconds, words
from scripts.api_command import show_json
from scripts.terminal.exit_codes import FINE
from scripts.terminal.moments import ago, now_ms, span
from scripts.terminal.tables import cut, printable, table
from weir.api.auth_values import MAX_LIFE_S, MAX_OVERLAP_S, KeyState
from weir.api.keys import AllKeysQuery, Key, KeyRotation, MadeKey, NewKey
from weir.client.client import Client

HELP = "list, create, rotate, disable and revoke API keys of consumers"
HEADINGS = ("ID", "NAME", "CONSUMER", "SCOPES", "CREATED", "ENDS", "LAST USED", "STATE")
LEAST_LIFE_S = 60


def run(arguments: list[str]) -> int:
    """0 done, 2 refused."""
    return run_action("key", parser(), ACTIONS, arguments)


def parser() -> argparse.ArgumentParser:
    return actions_parser("key", "API keys: what a consumer shows where a rule requires a key.", ACTIONS)


def list_all(client: Client, options: argparse.Namespace) -> int:
    query = AllKeysQuery(limit=500, consumer=options.consumer or None, state=options.only or None)
    keys = tuple(client.keys.every(query))
    if options.json:
        show_json({"items": keys})
    else:
        now = now_ms()
        print(table(HEADINGS, [row(key, now) for key in keys]))
    return FINE


def row(key: Key, now: int) -> tuple[str, ...]:
    return (
        key.id,
        cut(key.name, 30),
        key.consumer,
        "all" if key.scopes is None else cut(" ".join(key.scopes), 40) or "none",
        ago(key.created_ms, now),
        until(key.expires_ms, now),
        ago(key.last_used_ms, now) if key.last_used_ms else "never",
        key.state,
    )


def until(expires_ms: int, now: int) -> str:
    if not expires_ms:
        return "never"
    return "ended" if expires_ms <= now else ago(expires_ms, now)


def create(client: Client, options: argparse.Namespace) -> int:
    new = NewKey(
        name=options.name,
        scopes=None if options.scopes is None else words(options.scopes),
        expires_in_s=seconds(options.expires, LEAST_LIFE_S, MAX_LIFE_S) if options.expires else 0,
    )
    return show_made(client.keys.create(options.consumer, new), options)


def show(client: Client, options: argparse.Namespace) -> int:
    return _show(client.keys.get(options.id), options)


def rotate(client: Client, options: argparse.Namespace) -> int:
    rotation = KeyRotation(
        expires_in_s=seconds(options.expires, LEAST_LIFE_S, MAX_LIFE_S) if options.expires else None,
        overlap_s=seconds(options.overlap, 0, MAX_OVERLAP_S),
    )
    return show_made(client.keys.rotate(options.id, rotation), options)


def disable(client: Client, options: argparse.Namespace) -> int:
    return _show(client.keys.disable(options.id), options)


def enable(client: Client, options: argparse.Namespace) -> int:
    return _show(client.keys.enable(options.id), options)


def revoke(client: Client, options: argparse.Namespace) -> int:
    client.keys.revoke(options.id)
    return said(options, {"revoked": options.id}, f"key {options.id} is revoked")


def show_made(made: MadeKey, options: argparse.Namespace) -> int:
    """The key alone on standard output, so that it can go straight into a file or a variable."""
    if options.json:
        show_json(made)
        return FINE
    key = made.key
    print(made.secret)
    life = f"good for {span(key.expires_ms - now_ms() + 999)}" if key.expires_ms else "without end"
    print(printable(f"{key.consumer}: {life}, id {key.id}. The key is not shown again."), file=sys.stderr)
    return FINE


def _show(key: Key, options: argparse.Namespace) -> int:
    if options.json:
        show_json(key)
    else:
        print(table(HEADINGS, [row(key, now_ms())]))
    return FINE


# Arguments


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--consumer", default="", metavar="NAME", help="only of this one")
    parser.add_argument("--only", choices=get_args(KeyState), default="", help="only those in this state")


def _add_id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="as weir key list shows it")


def _add_new(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("consumer", metavar="CONSUMER", help="whose key it will be")
    parser.add_argument("--name", default="", help="what it is for")
    parser.add_argument(
        "--scopes", metavar="WORDS", help="a part of the consumer's, with spaces between them (default: all)"
    )
    _add_expires(parser, "without end")


def _add_rotation(parser: argparse.ArgumentParser) -> None:
    _add_id(parser)
    parser.add_argument("--overlap", default="0s", metavar="TIME", help="how long the old one stays good too")
    _add_expires(parser, "as long as the old one was made for")


def _add_expires(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument(
        "--expires",
        default="",
        metavar="TIME",
        help=f"how long it will be good, such as 90d (default: {default})",
    )


ACTIONS = (
    Action("list", "ids, consumers, ends and last uses", "Lists API keys.", list_all, _add_filters),
    Action(
        "create",
        "make one and show it, this once",
        "Makes an API key and prints it, this once.",
        create,
        _add_new,
    ),
    Action("show", "what is known of one", "Shows what is known of an API key.", show, _add_id),
    Action(
        "rotate",
        "replace one by a new one",
        "Makes a key with the rights of another, and prints it, this once.",
        rotate,
        _add_rotation,
    ),
    Action(
        "disable", "take one out of use", "Takes a key out of use, until it is enabled.", disable, _add_id
    ),
    Action("enable", "let one be used again", "Lets a disabled key be used again.", enable, _add_id),
    Action(
        "revoke", "end one for good", "Ends a key for good, on all nodes within a second.", revoke, _add_id
    ),
)
