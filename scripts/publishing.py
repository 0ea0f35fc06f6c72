"""What apply, edit and restore do alike: show what would change, ask, publish, wait until the nodes serve it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import TextIO, TypeAlias

from scripts.api_command import show_json
from scripts.rollout import follow_rollout
from scripts.terminal.asking import confirm
from scripts.terminal.differences import is_empty, shown
from scripts.terminal.exit_codes import FINDINGS, FINE
from scripts.terminal.start_screen import style_for
from scripts.terminal.tables import printable
from scripts.terminal.waiting import waiting
from weir.api.changes import Written
from weir.client.client import Client

Write: TypeAlias = Callable[[bool], Written]
"""Publishes, or with True only tries."""


def add_publishing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-m", "--message", default="", help="why; kept in the history and in the audit log")
    parser.add_argument("-y", "--yes", action="store_true", help="publish without asking")
    parser.add_argument("--dry-run", action="store_true", help="check and show what would change, no more")
    parser.add_argument("--no-wait", action="store_true", help="do not wait until every node serves it")
    parser.add_argument(
        "--wait",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="how long at most to wait for the nodes (default: %(default)g)",
    )


def publish(client: Client, options: argparse.Namespace, write: Write) -> int:
    """0 published and served, or nothing to do; 1 not confirmed, or a node did not follow in time."""
    # With --json standard output is for programs alone.
    screen = sys.stderr if options.json else sys.stdout
    if options.dry_run or not options.yes:
        with waiting("checking and comparing", sys.stderr):
            tried = write(True)
        show_difference(tried, screen)
        if options.dry_run:
            if options.json:
                show_json(tried)
            return FINE
        if is_empty(tried.difference):
            return _done(tried, options, screen)
        if not confirm("Publish this?", otherwise="--yes publishes without asking, --dry-run only shows"):
            print("nothing was published", file=screen)
            return FINDINGS
        with waiting("publishing", sys.stderr):
            written = write(False)
    else:
        with waiting("publishing", sys.stderr):
            written = write(False)
        show_difference(written, screen)
    code = _done(written, options, screen)
    if written.outcome == "unchanged" or options.no_wait:
        return code
    return follow_rollout(client, written.number, options.wait, sys.stderr)


def show_difference(written: Written, screen: TextIO) -> None:
    style = style_for(screen.isatty(), os.environ)
    print(shown(written.difference, style), file=screen)
    for warning in written.warnings:
        print(printable(warning.text()), file=screen)


def _done(written: Written, options: argparse.Namespace, screen: TextIO) -> int:
    if options.json:
        show_json(written)
    print(sentence(written), file=screen, flush=True)
    return FINE


def sentence(written: Written) -> str:
    match written.outcome:
        case "published" | "already-published":
            lost = "; this store keeps nothing on disk" if written.durable is False else ""
            return f"published as version {written.number}{lost}"
    return (
        f"nothing changes: version {written.number} has it already" if written.number else "nothing changes"
    )
