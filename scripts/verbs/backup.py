"""``weir backup``: everything of the cluster as one file, and back."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from scripts.api_command import Mistake, api_parser, show_json, with_api
from scripts.terminal.asking import confirm
from scripts.terminal.exit_codes import FINDINGS, FINE
from scripts.terminal.moments import clock
from scripts.terminal.tables import printable
from scripts.terminal.waiting import waiting
from weir.api.backup import Restored
from weir.client import exports
from weir.client.client import Client

HELP = "save everything of the cluster as one file, or restore it"


def run(arguments: list[str]) -> int:
    """0 done, 1 not confirmed, 2 refused or no backup, 3 away."""
    return with_api("backup", parser().parse_args(arguments), act)


def parser() -> argparse.ArgumentParser:
    made = api_parser(
        "backup",
        "saves everything durable of the cluster as one file (weir backup FILE), or restores it into an empty store "
        "(weir backup --restore FILE); needs the role admin",
    )
    made.add_argument(
        "file", metavar="FILE", help="written whole or not at all, for you alone; - is standard output"
    )
    made.add_argument(
        "--restore", action="store_true", help="load FILE into a store that has no versions yet"
    )
    made.add_argument("-y", "--yes", action="store_true", help="restore without asking")
    made.add_argument("--force", action="store_true", help="replace FILE where it exists")
    return made


def act(client: Client, options: argparse.Namespace) -> int:
    return restore(client, options) if options.restore else save(client, options)


def save(client: Client, options: argparse.Namespace) -> int:
    if options.file == "-":
        if options.json:
            raise Mistake("--json and a backup cannot both go to standard output")
        write(client.backup.download(), sys.stdout.buffer)
        return FINE
    path = Path(options.file)
    if path.exists() and not options.force:
        raise Mistake(f"{path} exists; --force replaces it")
    with waiting("saving", sys.stderr):
        size = write_whole(client.backup.download(), path)
    if options.json:
        show_json({"file": str(path), "bytes": size})
    else:
        print(f"{path}: {size} bytes. Keep it as safe as the store: it holds hashes of tokens and all rules")
    return FINE


def write(parts: Iterable[bytes], file: IO[bytes]) -> int:
    size = 0
    for part in parts:
        file.write(part)
        size += len(part)
    file.flush()
    return size


def write_whole(parts: Iterable[bytes], path: Path) -> int:
    """Under its name only when all of it is there and on the disk; mode 600. Raises Mistake where it cannot be."""
    try:
        return exports.write_whole(path, parts)
    except OSError as error:
        raise Mistake(f"cannot write {path}: {error.strerror or error}") from error


def restore(client: Client, options: argparse.Namespace) -> int:
    try:
        file = Path(options.file).open("rb")  # noqa: SIM115 - closed below; a missing file is found before it is asked
    except OSError as error:
        raise Mistake(f"cannot read {options.file}: {error.strerror}") from error
    with file:
        if not options.yes:
            print(
                f"{options.file} goes into the store behind {client.url}, which must have no versions.",
                file=sys.stderr,
            )
            if not confirm("Restore it?", otherwise="--yes restores without asking"):
                print("nothing was restored", file=sys.stderr)
                return FINDINGS
        with waiting("restoring", sys.stderr):
            restored = client.backup.restore(file)
    if options.json:
        show_json(restored)
    else:
        print(sentence(restored))
    return FINE


def sentence(restored: Restored) -> str:
    lost = "; this store keeps nothing on disk" if restored.durable is False else ""
    return printable(
        f"restored: version {restored.number} is current, {restored.keys} keys, from a backup of cluster "
        f'"{restored.cluster}" made {clock(restored.made_ms)}{lost}'
    )
