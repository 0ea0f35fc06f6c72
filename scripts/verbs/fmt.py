"""``weir fmt``: rewrites rule files in their canonical form."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
import tempfile
from pathlib import Path

from scripts.rule_files import STDIN, Unreadable, read_text, shown
from weir.models.problem import Refused
from weir.rules.parser import parse
from weir.rules.printer import print_document

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
    return made


def _format(name: str, options: argparse.Namespace) -> int:
    try:
        text = read_text(name)
        canonical = print_document(parse(text).document)
    except Unreadable as error:
        print(f"weir fmt: {error}", file=sys.stderr)
        return 2
    except Refused as refused:
        for problem in refused.problems:
            print(problem.text(shown(name)), file=sys.stderr)
        return 2
    if options.diff:
        sys.stdout.writelines(_diff(name, text, canonical))
    elif options.check:
        if text != canonical:
            print(f"{shown(name)} is not in canonical form; run: weir fmt {name}")
    elif name == STDIN:
        sys.stdout.write(canonical)
    elif text != canonical:
        _replace(Path(name), canonical)
        print(f"{name} rewritten")
    return int((options.check or options.diff) and text != canonical)


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
