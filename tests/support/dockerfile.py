"""A Dockerfile, read as far as ours goes: stages with their instructions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple


class Instruction(NamedTuple):
    word: str
    rest: str


def stages(path: Path) -> list[list[Instruction]]:
    """One list for each FROM, which is its first instruction; what stands before the first is left out."""
    found: list[list[Instruction]] = []
    text = re.sub(r"^\s*#.*\n", "", path.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    for line in filter(str.strip, text.splitlines()):
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            found.append([])
        if found:
            found[-1].append(Instruction(word, rest.strip()))
    return found


def ignored_except(path: Path) -> list[str]:
    """What ``.dockerignore`` lets through: ours refuses everything and names exceptions."""
    lines = path.read_text().split()
    assert lines[0] == "*"
    return [line.removeprefix("!") for line in lines if line.startswith("!")]
