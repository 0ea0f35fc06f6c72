"""The flags with which commands are told of an admin API. Imports no client, commands on files start quickly."""

from __future__ import annotations

import argparse

from weir.models.document import OWNERS

DEFAULT_STATE = ".weir"


def add_access(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("which admin API")
    group.add_argument(
        "--url", default="", help="its address; else WEIR_ADMIN_URL, the saved login, or that of --state"
    )
    group.add_argument(
        "--token", default="", help="access token; better WEIR_TOKEN or a file: others here can see arguments"
    )
    group.add_argument("--token-file", default="", metavar="FILE", help="file that holds the token")
    group.add_argument(
        "--ca",
        default="",
        metavar="FILE",
        help="certificate of the authority to trust, instead of the system's",
    )
    group.add_argument(
        "--state",
        default="",
        metavar="DIR",
        help=f"state directory of a gateway on this machine (default: WEIR_STATE, else {DEFAULT_STATE})",
    )


def add_owner(
    parser: argparse.ArgumentParser, what: str = "whose configuration (default: %(default)s)"
) -> None:
    parser.add_argument("--owner", choices=OWNERS, default="api", help=what)
