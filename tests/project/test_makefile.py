"""The verbs of the Makefile are those that the documents name."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.tree import ROOT

VERBS = ("install", "up", "test", "lint", "bench", "docs")


def make(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", **environment},
    )


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_is_there_and_says_what_it_does(verb: str) -> None:
    assert re.search(rf"^  make {verb} +\w", make("help").stdout, re.MULTILINE)


def test_without_a_python_the_sentence_says_what_is_needed(tmp_path: Path) -> None:
    done = make("install", "PYTHON=", PATH="/usr/bin:/bin")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == (
        "make: Weir needs Python 3.11 or newer, and none was found; say which with PYTHON=/path/to/python3"
    )


def test_an_old_python_is_refused_by_name(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = make("install", f"PYTHON={old}")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == (
        f"make: Weir needs Python 3.11 or newer, and {old} is not; say which with PYTHON=/path/to/python3"
    )


def test_an_old_python3_is_passed_over_for_a_newer_one(tmp_path: Path) -> None:
    for name, code in (("python3", 1), ("python3.14", 127), ("python3.13", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {code}\n")
        (tmp_path / name).chmod(0o755)
    done = make("--dry-run", "install", PATH=f"{tmp_path}:/usr/bin:/bin")
    assert "'python3.13' scripts/project/bootstrap.py runtime" in done.stdout
