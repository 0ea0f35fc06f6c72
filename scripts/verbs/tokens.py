"""``weir token``: access tokens of the admin API: list, create, rotate, revoke."""

from __future__ import annotations

import argparse
import sys

from scripts.access_flags import add_access
from scripts.actions import seconds
from scripts.api_command import show_json, with_api
from scripts.terminal.exit_codes import FINE
from scripts.terminal.moments import ago, now_ms, span
from scripts.terminal.tables import table
from weir.api.operation import ROLES
from weir.api.tokens import DEFAULT_LIFE_S, MAX_LIFE_S, MadeToken, NewToken, Rotation, Token
from weir.client.client import Client

HELP = "list, create, rotate and revoke access tokens of the admin API"
LEAST_LIFE_S = 60
DAY_S = 86_400


def run(arguments: list[str]) -> int:
    """0 done, 2 refused."""
    options = parser().parse_args(arguments)
    acts = {"list": list_all, "create": create, "rotate": rotate, "revoke": revoke}
    return with_api("token", options, acts[options.action or "list"])


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="weir token",
        description="Access tokens: who may call the admin API, with which role, until when.",
    )
    made.set_defaults(action="")
    actions = made.add_subparsers(dest="action", metavar="ACTION", required=True)
    lists = actions.add_parser(
        "list", help="names, roles, ends and last uses", description="Lists all tokens."
    )
    creates = actions.add_parser(
        "create",
        help="make one and show it, this once",
        description="Makes a token and prints it, this once.",
    )
    creates.add_argument("name", metavar="NAME", help="who or what will use it")
    creates.add_argument(
        "--role", choices=ROLES, default="viewer", help="what it may do (default: %(default)s)"
    )
    rotates = actions.add_parser(
        "rotate", help="replace one by a new one", description="Makes a token that replaces another."
    )
    rotates.add_argument(
        "--overlap", default="0s", metavar="TIME", help="how long the old one stays good too"
    )
    revokes = actions.add_parser("revoke", help="end one at once", description="Ends a token at once.")
    revokes.add_argument("--force", action="store_true", help="also the last token of an admin")
    for each in (rotates, revokes):
        each.add_argument("id", metavar="ID", help="as weir token list shows it")
    for each in (creates, rotates):
        each.add_argument(
            "--expires", default="", metavar="TIME",
            help=f"how long it will be good, such as 12h or 30d (default: {DEFAULT_LIFE_S // DAY_S}d)",
        )  # fmt: skip
    for each in (lists, creates, rotates, revokes):
        each.add_argument("--json", action="store_true", help="print JSON, in the shapes of the admin API")
        add_access(each)
    return made


def list_all(client: Client, options: argparse.Namespace) -> int:
    tokens = tuple(client.tokens.every())
    if options.json:
        show_json({"items": tokens})
    else:
        now = now_ms()
        headings = ("ID", "NAME", "ROLE", "ENDS", "LAST USED", "MADE BY")
        print(table(headings, [row(token, now) for token in tokens]))
    return FINE


def row(token: Token, now: int) -> tuple[str, ...]:
    ends = "ended" if token.expires_ms <= now else ago(token.expires_ms, now)
    used = ago(token.last_used_ms, now) if token.last_used_ms else "never"
    return token.id, token.name, token.role, ends, used, token.created_by


def create(client: Client, options: argparse.Namespace) -> int:
    made = client.tokens.create(NewToken(options.name, options.role, life(options.expires)))
    return show(made, options)


def rotate(client: Client, options: argparse.Namespace) -> int:
    rotation = Rotation(expires_in_s=life(options.expires), overlap_s=seconds(options.overlap, 0, 7 * DAY_S))
    return show(client.tokens.rotate(options.id, rotation), options)


def revoke(client: Client, options: argparse.Namespace) -> int:
    client.tokens.revoke(options.id, force=options.force)
    if options.json:
        show_json({"revoked": options.id})
    else:
        print(f"token {options.id} is revoked")
    return FINE


def show(made: MadeToken, options: argparse.Namespace) -> int:
    """The token alone on standard output, so that it can go straight into a file or a variable."""
    if options.json:
        show_json(made)
        return FINE
    token = made.token
    print(made.secret)
    left = span(token.expires_ms - now_ms() + 999)
    print(
        f"{token.name}: {token.role}, good for {left}, id {token.id}. It is not shown again.", file=sys.stderr
    )
    return FINE


def life(text: str) -> int:
    return seconds(text, LEAST_LIFE_S, MAX_LIFE_S) if text else DEFAULT_LIFE_S
