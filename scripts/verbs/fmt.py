"""``weir fmt``: rewrites rule files in their canonical form."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
import tempfile
from pathlib import Path

import msgspec

from scripts.rule_files import STDIN, Unreadable, read_text, shown
from weir.models.problem import Problem, Refused
from weir.rules.parser import parse
from weir.rules.printer import print_document


class Formatted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What ``--json`` says of one file."""

    file: str
    canonical: bool
    """Whether it was so before; False also where it cannot be parsed."""
    rewritten: bool
    text: str | None = None
    """The canonical form of standard input."""
    difference: str | None = None
    """With ``--diff``."""
    problems: tuple[Problem, ...] = ()


HELP = "rewrite rule files in their canonical form; comments stay"


def run(arguments: list[str]) -> int:
    """0 fine, 1 with ``--check`` or ``--diff`` where a file differs, 2 where one cannot be read or parsed."""
    options = parser().parse_args(arguments)
    return max(_format(name, options) for name in options.files)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="weir fmt", description=HELP)
    made.add_argument(
        "files", nargs="+", metavar="FILE", help="a .weir file; - reads standard input and prints"
    )
    made.add_argument("--check", action="store_true", help="change nothing; say which files differ")
    made.add_argument("--diff", action="store_true", help="change nothing; show the differences")
    made.add_argument(
        "--json", action="store_true", help="print what was found and done as JSON, one file a line"
    )
    return made


def _format(name: str, options: argparse.Namespace) -> int:
    try:
        text = read_text(name)
        canonical = print_document(parse(text).document)
    except Unreadable as error:
        print(f"weir fmt: {error}", file=sys.stderr)
        return 2
    except Refused as refused:
        if options.json:
            _show(Formatted(file=shown(name), canonical=False, rewritten=False, problems=refused.problems))
        else:
            print(*(problem.text(shown(name)) for problem in refused.problems), sep="\n", file=sys.stderr)
        return 2
    changes = not (options.check or options.diff)
    if changes and name != STDIN and text != canonical:
        _replace(Path(name), canonical)
    if options.json:
        _show(
            Formatted(
                file=shown(name),
                canonical=text == canonical,
                rewritten=changes and name != STDIN and text != canonical,
                text=canonical if changes and name == STDIN else None,
                difference="".join(_diff(name, text, canonical)) if options.diff else None,
            )
        )
    else:
        sys.stdout.write(_said(name, text, canonical, options))
    return int(not changes and text != canonical)


def _said(name: str, text: str, canonical: str, options: argparse.Namespace) -> str:
    if options.diff:
        return "".join(_diff(name, text, canonical))
    if name == STDIN and not options.check:
        return canonical
    if text == canonical:
        return ""
    if options.check:
        return f"{shown(name)} is not in canonical form; run: weir fmt {name}\n"
    return f"{name} rewritten\n"


def _show(formatted: Formatted) -> None:
    print(msgspec.json.encode(formatted).decode())


def _diff(name: str, text: str, canonical: str) -> list[str]:
    before, after = text.splitlines(keepends=True), canonical.splitlines(keepends=True)
    return list(difflib.unified_diff(before, after, shown(name), f"{shown(name)} (canonical)"))


def _replace(path: Path, text: str) -> None:
    """At once and with the same mode: who follows the file never sees half of it. A symbolic link stays one."""
    target = path.resolve()
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        Path(temporary).chmod(target.stat().st_mode & 0o7777)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
