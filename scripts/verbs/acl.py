"""``weir acl``: accounts of the store for each process, as an ``aclfile`` or as commands for a server that has none.

Passwords come from the store URLs that the processes get, one file for each (``edge-url``, ``admin-url``,
``auth-url``); only their hashes are printed.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import msgspec

from scripts.terminal.exit_codes import BAD_INPUT, FINE
from weir.settings.arguments import Parser, SettingsError, add_settings, read_values
from weir.settings.setting import Setting
from weir.settings.table import settings_of
from weir.store.acl import PREFIX, rules, users_acl
from weir.store.errors import StoreError
from weir.store.roles import ROLES, Role
from weir.store.url import parse_url

HELP = "print accounts of the store for each process, with what each may do there"
MAX_URL = 4096


class Mistake(Exception):
    """What was asked for cannot be; one sentence."""


def run(arguments: list[str]) -> int:
    """0 printed or written, 2 wrong arguments or URLs."""
    try:
        options = parser().parse_args(arguments)
        cluster = str(read_values(rows(), options, os.environ)["cluster"])
        text = text_of(options, cluster)
        if options.to:
            write(Path(options.to), text)
        else:
            sys.stdout.write(text)
    except (SettingsError, Mistake, StoreError) as error:
        print(f"weir acl: {error}", file=sys.stderr)
        return BAD_INPUT
    return FINE


def parser() -> Parser:
    made = Parser(prog="weir acl", description=f"{HELP[0].upper()}{HELP[1:]}.", allow_abbrev=False)
    made.add_argument(
        "--urls", metavar="DIR",
        help="folder with the files edge-url, admin-url and auth-url: their passwords (default: accounts without any)",
    )  # fmt: skip
    made.add_argument(
        "--prefix", default=PREFIX, help="what the names of the accounts begin with (default: %(default)s)"
    )
    form = made.add_mutually_exclusive_group()
    form.add_argument("--commands", action="store_true", help="print ACL SETUSER commands, not an aclfile")
    form.add_argument("--json", action="store_true", help="print names and rules as JSON, not an aclfile")
    made.add_argument("--to", metavar="FILE", help="write into this file instead")
    add_settings(made, rows())
    return made


def rows() -> list[Setting]:
    return [setting for setting in settings_of("client") if setting.name == "cluster"]


def text_of(options: argparse.Namespace, cluster: str) -> str:
    passwords = read_passwords(Path(options.urls)) if options.urls else {}
    if not (options.commands or options.json):
        return users_acl(cluster, passwords, options.prefix)
    users = {f"{options.prefix}{role}": rules(cluster, role, passwords.get(role, "")) for role in ROLES}
    if options.json:
        return f"{msgspec.json.encode({'users': users}).decode()}\n"
    return "".join(f"ACL SETUSER {name} {' '.join(words)}\n" for name, words in users.items())


def read_passwords(folder: Path) -> dict[Role, str]:
    """Raises Mistake for a URL that cannot be read or has no password."""
    found: dict[Role, str] = {}
    roles: tuple[Role, ...] = ("edge", "admin", "auth")
    for role in roles:
        path = folder / f"{role}-url"
        try:
            text = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Mistake(f"{path} cannot be read: {error}") from error
        found[role] = parse_url(text[:MAX_URL]).password
        if not found[role]:
            raise Mistake(f"the URL in {path} has no password")
    return found


def write(path: Path, text: str) -> None:
    """Replaces the file; the server that reads it may be another user. Raises Mistake."""
    try:
        draft = path.with_name(f".{path.name}.new")
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise Mistake(f"{path} cannot be written: {error.strerror}") from error
