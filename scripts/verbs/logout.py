"""``weir logout``: forgets the saved address and token."""

from __future__ import annotations

import argparse
import os
from urllib.parse import urlsplit

import msgspec

from scripts.terminal.exit_codes import FINE
from weir.client.access import NoAccess, login_file, saved

HELP = "forget the saved admin API and its token"


def run(arguments: list[str]) -> int:
    """0 also where nothing was saved; the token itself stays good until it ends or is revoked."""
    options = parser().parse_args(arguments)
    path = login_file(os.environ)
    try:
        access = saved(path)
        url = access.url if access else ""
    except NoAccess:
        url = ""
    was_there = path.exists()
    path.unlink(missing_ok=True)
    if options.json:
        print(msgspec.json.encode({"forgotten": was_there, "url": url}).decode())
    elif was_there:
        where = f" of {urlsplit(url).netloc}" if url else ""
        print(f"the login{where} is forgotten; weir token revoke also ends the token")
    else:
        print("nothing was saved")
    return FINE


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="weir logout",
        description="Removes $XDG_CONFIG_HOME/weir/login.json. The token itself stays good.",
    )
    made.add_argument(
        "--json", action="store_true", help="print whether a login was there, and which, as JSON"
    )
    return made
