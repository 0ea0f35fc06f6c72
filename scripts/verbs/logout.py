"""``weir logout``: forgets the saved address and token."""

from __future__ import annotations

import argparse
import os
from urllib.parse import urlsplit

from scripts.terminal.exit_codes import FINE
from weir.client.access import NoAccess, login_file, saved

HELP = "forget the saved admin API and its token"


def run(arguments: list[str]) -> int:
    """0 also where nothing was saved; the token itself stays good until it ends or is revoked."""
    parser().parse_args(arguments)
    path = login_file(os.environ)
    try:
        access = saved(path)
        where = f" of {urlsplit(access.url).netloc}" if access else ""
    except NoAccess:
        where = ""
    if not path.exists():
        print("nothing was saved")
        return FINE
    path.unlink()
    print(f"the login{where} is forgotten; weir token revoke also ends the token")
    return FINE


def parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog="weir logout",
        description="Removes $XDG_CONFIG_HOME/weir/login.json. The token itself stays good.",
    )
