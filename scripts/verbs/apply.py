"""``weir apply``: publishes a rules file as one owner's whole configuration, after showing what changes."""

from __future__ import annotations

import argparse

from scripts.access_flags import add_owner
from scripts.api_command import api_parser, with_api
from scripts.drafts import draft_of
from scripts.publishing import add_publishing, publish
from scripts.rule_files import shown
from weir.api.changes import Written
from weir.client.client import Client

HELP = "publish a .weir file, after showing what changes"


def run(arguments: list[str]) -> int:
    """0 done or nothing to do, 1 not confirmed or a node lags, 2 wrong, 3 away, 4 somebody else was faster."""
    options = parser().parse_args(arguments)
    options.source = shown(options.file)
    return with_api("apply", options, apply)


def parser() -> argparse.ArgumentParser:
    made = api_parser("apply", "publishes a rules file as the whole configuration of an owner")
    made.add_argument("file", metavar="FILE", help="a .weir file, or its JSON form; - is standard input")
    add_owner(made)
    made.add_argument(
        "--if-match",
        default="",
        metavar="TAG",
        help="only if the configuration is still the one with this tag, as weir show --json gives it",
    )
    add_publishing(made)
    return made


def apply(client: Client, options: argparse.Namespace) -> int:
    draft = draft_of(options.file)
    # What is shown is what is published: whoever publishes in between makes this one stale.
    tag = options.if_match or client.config.text(options.owner).etag

    def write(dry_run: bool) -> Written:
        return client.config.replace(
            draft, if_match=tag, owner=options.owner, dry_run=dry_run, message=options.message
        )

    return publish(client, options, write)
