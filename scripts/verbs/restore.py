"""``weir restore``: publishes again what an earlier version had."""

from __future__ import annotations

import argparse

from scripts.access_flags import add_owner
from scripts.api_command import api_parser, with_api
from scripts.publishing import add_publishing, publish
from scripts.verbs.versions import number_of
from weir.api.changes import Written
from weir.client.client import Client

HELP = "publish again what an earlier version had"


def run(arguments: list[str]) -> int:
    return with_api("restore", parser().parse_args(arguments), restore)


def parser() -> argparse.ArgumentParser:
    made = api_parser("restore", "publishes, as a new version, what an owner had in an earlier one")
    made.add_argument("version", metavar="N", help="number of the version")
    add_owner(made)
    add_publishing(made)
    return made


def restore(client: Client, options: argparse.Namespace) -> int:
    number = number_of(options.version)
    tag = client.config.text(options.owner).etag
    message = options.message or f"Restored version {number}"

    def write(dry_run: bool) -> Written:
        return client.versions.restore(
            number, if_match=tag, owner=options.owner, dry_run=dry_run, message=message
        )

    return publish(client, options, write)
