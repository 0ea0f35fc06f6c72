"""What was found is kept beside the pictures, so that they can be made again."""

from __future__ import annotations

from pathlib import Path

from benchmarks.avalanche import results


def test_what_was_written_is_read_again_to_four_digits(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    results.write(file, {"real": {"runs": [1.00004, None, {"peak": 1.23456}]}, "machine": "two cores"})
    assert results.read(file) == {"real": {"runs": [1.0, None, {"peak": 1.2346}]}, "machine": "two cores"}


def test_without_a_file_there_is_nothing(tmp_path: Path) -> None:
    assert results.read(tmp_path / "none.json") == {}


def test_the_middle_of_recoveries_that_mostly_never_came_is_none() -> None:
    assert results.middle([1.0, None, None]) is None
    assert results.middle([1.0, 2.0, None]) == 2.0
