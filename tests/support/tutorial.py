"""Pages whose steps are run as they stand, in their order, and say what the page says.

In a ``console`` block a line after ``$`` is typed; what follows is expected, where ``…`` stands for anything within a
line, and alone on a line for any lines. A ``weir`` block is saved in the page's file.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.support.weir_command import Commands
from tests.support.weir_up import WITHIN_S, WeirUp

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(console|weir)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PATIENCE_S = 20.0
SHELL = re.compile(r"[$;|<>`]")
"""Of a line that only a shell understands."""


class Step(NamedTuple):
    command: str
    expected: list[str]


def steps(text: str) -> Iterator[Step]:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *expected = part.rstrip("\n").split("\n")
        yield Step(command, expected)


def pattern(expected: list[str]) -> str:
    lines = [r"(?:.*\n)*?" if line == "…" else line_pattern(line) for line in expected]
    return "".join(lines)


def line_pattern(line: str) -> str:
    return ".*".join(re.escape(part).replace(r"\ ", " +") for part in re.split(" ?… ?", line)) + " *\n"


class Reader:
    """Who follows the page: a directory, a gateway, and a shell."""

    def __init__(self, up: WeirUp, folder: Path) -> None:
        self.folder = folder
        self.weir = Commands(up.state, folder / "home")
        self.real = {
            "http://127.0.0.1:8000": up.url,
            "http://127.0.0.1:8001": str(up.addresses["admin"]),
            "http://127.0.0.1:8002": str(up.addresses["auth"]),
        }
        program = folder / "bin" / "weir"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m scripts.main "$@"\n')
        program.chmod(0o755)
        self.weir.variables["PATH"] = f"{program.parent}:{self.weir.variables['PATH']}"

    def type(self, command: str) -> str:
        """What it prints, errors first, with the addresses of the page."""
        for shown, real in self.real.items():
            command = command.replace(shown, real)
        said = self._in_this_process(command) if is_plain(command) else self._in_a_shell(command)
        for shown, real in self.real.items():
            said = said.replace(real, shown)
        return said

    def _in_this_process(self, command: str) -> str:
        ran = self.weir.run(*shlex.split(command)[1:])
        return ran.err + ran.out if command.startswith("weir explain") else ran.out + ran.err

    def _in_a_shell(self, command: str) -> str:
        done = subprocess.run(
            ["sh", "-c", command], cwd=self.folder, env=self.weir.variables, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=WITHIN_S,
        )  # fmt: skip
        return done.stdout if done.stdout.endswith("\n") or not done.stdout else done.stdout + "\n"


def is_plain(command: str) -> bool:
    """Quicker without a process of its own."""
    return command.startswith("weir ") and not SHELL.search(command)


def follow(page: str, file: str, reader: Reader) -> int:
    """How many steps there were. AssertionError for one that says something else than the page."""
    done = 0
    for kind, text in BLOCK.findall((DOCS / page).read_text(encoding="utf-8")):
        if kind == "weir":
            (reader.folder / file).write_text(text, encoding="utf-8")
            continue
        for step in steps(text):
            said = typed(step, reader)
            assert re.fullmatch(pattern(step.expected), said), f"$ {step.command}\n{said}"
            done += 1
    return done


def typed(step: Step, reader: Reader) -> str:
    """A request is made again for a while: a change reaches workers within a second, on a machine that is not busy."""
    until_s = time.monotonic() + PATIENCE_S
    while True:
        said = reader.type(step.command)
        is_right = re.fullmatch(pattern(step.expected), said) is not None
        if is_right or "curl " not in step.command or time.monotonic() > until_s:
            return said
