"""``weir login``: keeps the address of an admin API and a token for later commands."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from scripts.access_flags import add_access
from scripts.api_command import Mistake, say, show_json, token_in, with_api
from scripts.terminal.asking import secret
from scripts.terminal.exit_codes import BAD_INPUT, FINE
from scripts.terminal.moments import now_ms, span
from weir.client.access import Access, login_file, save
from weir.client.client import Client

HELP = "save the address of an admin API and a token for later commands"


def run(arguments: list[str]) -> int:
    """0 saved, 2 where the token is refused or the file cannot be written, 3 where nobody answers."""
    options = parser().parse_args(arguments)
    options.url = options.address or options.url
    if not options.url:
        say("login", "which admin API? weir login http://127.0.0.1:8001")
        return BAD_INPUT
    if not options.token and not options.token_file:
        options.token = secret("Token: ")
        if not options.token:
            say("login", "no token was given; pipe one in, type it, or name a file with --token-file")
            return BAD_INPUT
    return with_api("login", options, keep)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="weir login",
        description="Asks for a token (or reads it from standard input or --token-file), tries it, and saves it "
        "with the address in $XDG_CONFIG_HOME/weir/login.json, readable by you alone.",
    )
    made.add_argument("address", nargs="?", default="", metavar="URL", help="of the admin API")
    made.add_argument("--json", action="store_true", help="print who you are as JSON")
    add_access(made)
    return made


def keep(client: Client, options: argparse.Namespace) -> int:
    """Only what works is saved."""
    caller = client.sessions.current()
    path = login_file(os.environ)
    token = options.token or token_in(options.token_file)
    try:
        save(path, Access(client.url, token, str(Path(options.ca).absolute()) if options.ca else ""))
    except OSError as error:
        raise Mistake(f"cannot write {path}: {error.strerror or error}") from error
    if options.json:
        show_json(caller)
    else:
        left = span(caller.expires_ms - now_ms())
        print(f"{caller.name} ({caller.role}) at {client.url}; the token is good for {left}. Saved in {path}")
    return FINE
