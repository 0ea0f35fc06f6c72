"""``weir lint``: everything wrong or doubtful, in what is served or in a draft of it."""

from __future__ import annotations

import argparse
import sys

from scripts.access_flags import add_owner
from scripts.api_command import api_parser, show_json, with_api
from scripts.drafts import draft_of
from scripts.rule_files import shown
from scripts.terminal.exit_codes import FINDINGS, FINE
from scripts.terminal.tables import printable
from scripts.terminal.waiting import waiting
from scripts.verbs.versions import number_of
from weir.api.lint import Linted
from weir.client.client import Client

HELP = "find what is wrong or doubtful in the configuration"


def run(arguments: list[str]) -> int:
    """0 nothing found, 1 errors or warnings."""
    options = parser().parse_args(arguments)
    options.without = "; weir check FILE needs none"
    return with_api("lint", options, lint)


def parser() -> argparse.ArgumentParser:
    made = api_parser("lint", "finds what is wrong or doubtful in the configuration, or in a draft of it")
    made.add_argument(
        "file", nargs="?", default="", metavar="FILE", help="a draft instead; weir check looks without an API"
    )
    made.add_argument("--version", default="", metavar="N", help="an earlier version instead")
    add_owner(made)
    return made


def lint(client: Client, options: argparse.Namespace) -> int:
    draft = draft_of(options.file) if options.file else None
    version = number_of(options.version) if options.version else None
    with waiting("looking", sys.stderr):
        if draft is not None:
            linted = client.questions.lint_draft(draft, options.owner)
        else:
            linted = client.questions.lint(options.owner, version)
    if options.json:
        show_json(linted)
    else:
        source = shown(options.file) if options.file else f"{options.owner}@{linted.number}"
        for problem in linted.problems:
            print(printable(problem.text(source)))
        print(verdict(source, linted))
    return FINDINGS if linted.problems else FINE


def verdict(source: str, linted: Linted) -> str:
    counts = [
        f"{count} {word}{'' if count == 1 else 's'}"
        for count, word in ((linted.errors, "error"), (linted.warnings, "warning"))
        if count
    ]
    return f"{source}: {', '.join(counts) or 'fine'}"
