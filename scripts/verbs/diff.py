"""``weir diff``: what publishing a file would change."""

from __future__ import annotations

import argparse
import os
import sys

from scripts.access_flags import add_owner
from scripts.api_command import api_parser, show_json, with_api
from scripts.drafts import draft_of
from scripts.rule_files import shown as shown_name
from scripts.terminal.differences import is_empty, shown
from scripts.terminal.exit_codes import FINDINGS, FINE
from scripts.terminal.start_screen import style_for
from scripts.terminal.waiting import waiting
from weir.client.client import Client

HELP = "show what publishing a .weir file would change"


def run(arguments: list[str]) -> int:
    """0 nothing differs, 1 something does, 2 the file cannot be published."""
    options = parser().parse_args(arguments)
    options.source = shown_name(options.file)
    return with_api("diff", options, compare)


def parser() -> argparse.ArgumentParser:
    made = api_parser("diff", "shows what publishing a file would change; the role viewer is enough")
    made.add_argument("file", metavar="FILE", help="a .weir file, or its JSON form; - is standard input")
    add_owner(made)
    return made


def compare(client: Client, options: argparse.Namespace) -> int:
    draft = draft_of(options.file)
    with waiting("checking and comparing", sys.stderr):
        found = client.config.difference(draft, options.owner).difference
    if options.json:
        show_json(found)
    else:
        style = style_for(sys.stdout.isatty(), os.environ)
        print(shown(found, style, most=sys.maxsize))
    return FINE if is_empty(found) else FINDINGS
