"""What CI runs: strict, and the same two commands as everybody."""

import subprocess

from tests.support.tree import ROOT

RUN = ROOT / ".ci" / "run"


def test_the_script_is_valid_bash_and_stops_at_the_first_failure() -> None:
    assert subprocess.run(["bash", "-n", str(RUN)]).returncode == 0
    assert "set -euo pipefail" in RUN.read_text()


def test_it_ends_with_the_tests_so_that_their_summary_is_its_last_line() -> None:
    assert RUN.read_text().splitlines()[-2:] == ["make lint", "make test"]
