"""``weir edit``: the configuration, or one definition of it, in an editor; published when it is right.

What is wrong is shown in the text itself, as ``#!`` lines above the place, and the editor comes back. Whatever happens,
what was typed is not lost: where it could not be published, its file is kept and named.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from scripts.access_flags import add_owner
from scripts.api_command import Mistake, api_parser, with_api
from scripts.publishing import add_publishing, publish
from scripts.rule_files import read_text
from scripts.terminal.asking import confirm
from scripts.terminal.exit_codes import FINE
from scripts.verbs.show import KINDS, definitions_of
from weir.api.changes import Written
from weir.api.definitions import Put
from weir.client.client import Client
from weir.client.errors import Missing, NotAllowed, Refused, Stale
from weir.models.document import Owner
from weir.models.problem import Problem

HELP = "change the configuration, or one definition, in an editor"
NOTE = "#! "
"""Begins a line that says what is wrong; such lines are taken out again before anything is published."""
MOST_NOTES = 50


class Subject(NamedTuple):
    """What is edited: its text now, and how another text is published in its place."""

    title: str
    text: str
    write: Callable[[str, str, bool], Written]
    """Takes a text, why, and whether it is only tried."""


def run(arguments: list[str]) -> int:
    """0 published or unchanged, 1 given up, 2 wrong, 3 away, 4 somebody else was faster."""
    return with_api("edit", parser().parse_args(arguments), edit)


def parser() -> argparse.ArgumentParser:
    made = api_parser(
        "edit", "opens the configuration, or one definition, in $VISUAL or $EDITOR, and publishes it"
    )
    made.add_argument(
        "name", nargs="?", default="", metavar="NAME", help="of a rule, group, upstream, limit, define"
    )
    made.add_argument("--kind", choices=KINDS, default="", help="where several kinds have one of that name")
    add_owner(made)
    add_publishing(made)
    return made


def edit(client: Client, options: argparse.Namespace) -> int:
    subject = subject_of(client, options.name, options.kind, options.owner)
    editor = editor_of(os.environ)
    folder = Path(tempfile.mkdtemp(prefix="weir-edit-"))
    file = folder / f"{options.name.replace('/', '-').lstrip('.-') or options.owner}.weir"
    file.write_text(subject.text, encoding="utf-8")
    is_done = False
    try:
        code = rounds(client, options, subject, editor, file)
        is_done = code == FINE
        return code
    finally:
        # Also after Ctrl-C and a no: what was typed stays.
        if not is_done and file.exists() and without_notes(read_text(str(file))) != subject.text:
            print(f"weir edit: your text is kept in {file}", file=sys.stderr)
        else:
            remove(file)


def rounds(
    client: Client, options: argparse.Namespace, subject: Subject, editor: list[str], file: Path
) -> int:
    """Editor and check by turns, until it is right or given up."""
    while True:
        open_editor(editor, file)
        text = without_notes(read_text(str(file)))
        if text == subject.text:
            print("nothing was changed", file=sys.stderr)
            return FINE
        try:
            subject.write(text, options.message, True)
        except (Stale, NotAllowed, Missing):
            raise
        except Refused as refused:
            file.write_text(with_notes(text, refused.problem.errors or (_whole(refused),)), encoding="utf-8")
            print(f"weir edit: {refused}", file=sys.stderr)
            if not confirm("Edit it again?", otherwise=f"your text is kept in {file}"):
                raise
            continue
        return publish(client, options, partial(subject.write, text, options.message))


def _whole(refused: Refused) -> Problem:
    return Problem(code=refused.code, message=str(refused))


def subject_of(client: Client, name: str, kind: str, owner: Owner) -> Subject:
    if not name:
        held = client.config.text(owner)

        def write_all(text: str, message: str, dry_run: bool) -> Written:
            return client.config.replace(
                text, if_match=held.etag, owner=owner, dry_run=dry_run, message=message
            )

        return Subject(f"owner {owner}", held.text, write_all)
    kind = kind or kind_of(client, name, owner)
    resource = definitions_of(client, kind)
    one = resource.text(name, owner)

    def write_one(text: str, message: str, dry_run: bool) -> Written:
        put = Put(owner=owner, dry_run=dry_run, message=message)
        return resource.replace(name, text, if_match=one.etag, write=put)

    return Subject(f"{kind} {name}", one.text, write_one)


def kind_of(client: Client, name: str, owner: Owner) -> str:
    found = []
    for kind in KINDS:
        try:
            definitions_of(client, kind).text(name, owner)
        except Missing:
            continue
        found.append(kind)
    if not found:
        raise Mistake(f'owner {owner} has nothing called "{name}"; weir show lists what there is')
    if len(found) > 1:
        raise Mistake(f'"{name}" is in {" and in ".join(found)}; say which with --kind')
    return found[0]


def editor_of(environ: Mapping[str, str]) -> list[str]:
    words = shlex.split(environ.get("VISUAL") or environ.get("EDITOR") or "vi")
    if not words:
        raise Mistake("$VISUAL or $EDITOR names no program")
    return words


def open_editor(editor: list[str], file: Path) -> None:
    try:
        done = subprocess.run([*editor, str(file)], check=False)  # noqa: S603
    except OSError as error:
        raise Mistake(f"cannot run {editor[0]}: {error.strerror}; set EDITOR to your editor") from error
    if done.returncode:
        raise Mistake(f"{editor[0]} ended with {done.returncode}; nothing was published")


def remove(file: Path) -> None:
    """With what the editor left beside it."""
    for each in file.parent.iterdir():
        each.unlink(missing_ok=True)
    file.parent.rmdir()


def with_notes(text: str, problems: Iterable[Problem]) -> str:
    """Each problem above its line; those without a place at the top."""
    lines = text.split("\n")
    placed = sorted(list(problems)[:MOST_NOTES], key=lambda problem: problem.line, reverse=True)
    for problem in placed:
        indent = " " * max(0, problem.column - 1 - len(NOTE))
        at = min(max(problem.line - 1, 0), len(lines))
        message = Problem(
            code=problem.code,
            message=problem.message,
            severity=problem.severity,
            expected=problem.expected,
            suggestion=problem.suggestion,
        ).text()
        lines.insert(at, f"{NOTE}{indent}{'v ' if problem.line else ''}{message}")
    return "\n".join(lines)


def without_notes(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not line.startswith(NOTE.rstrip()))
