"""``weir check``: everything that is wrong or doubtful in a rule file, with its place."""

from __future__ import annotations

import argparse
import sys

import msgspec

from scripts.rule_files import Unreadable, read_text, shown
from weir.models.problem import Problem, Refused, errors_of
from weir.routing.validate import validate
from weir.rules.json_form import from_json
from weir.rules.parser import parse

HELP = "find errors and doubtful rules in a .weir file"


def run(arguments: list[str]) -> int:
    """0 fine, 1 errors (with ``--strict`` also warnings), 2 where a file cannot be read."""
    options = parser().parse_args(arguments)
    codes = [_check(name, options) for name in options.files]
    return max(codes)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="weir check", description=HELP)
    made.add_argument(
        "files", nargs="+", metavar="FILE", help="a .weir file, or its JSON form; - is standard input"
    )
    made.add_argument("--strict", action="store_true", help="warnings count as findings too")
    made.add_argument("--json", action="store_true", help="print the problems as JSON, one file a line")
    return made


def problems_of(text: str) -> tuple[Problem, ...]:
    """All problems of a rule text or of its JSON form, syntax first."""
    try:
        if text.lstrip()[:1] == "{":
            return validate(from_json(text.encode()))
        return validate(*parse(text))
    except Refused as refused:
        return refused.problems


def _check(name: str, options: argparse.Namespace) -> int:
    try:
        problems = problems_of(read_text(name))
    except Unreadable as error:
        print(f"weir check: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(msgspec.json.encode({"file": shown(name), "problems": problems}).decode())
    else:
        for problem in problems:
            print(problem.text(shown(name)))
        print(_verdict(shown(name), problems))
    return int(bool(errors_of(problems) or (options.strict and problems)))


def _verdict(name: str, problems: tuple[Problem, ...]) -> str:
    errors = len(errors_of(problems))
    warnings = len(problems) - errors
    counts = [
        f"{count} {word}{'' if count == 1 else 's'}"
        for count, word in ((errors, "error"), (warnings, "warning"))
        if count
    ]
    return f"{name}: {', '.join(counts) or 'fine'}"
