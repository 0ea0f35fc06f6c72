from pathlib import Path

import pytest

from weir.processes import run_file


def test_what_is_written_is_read(tmp_path: Path) -> None:
    run_file.write(tmp_path / "run.json", {"pid": 7, "edge": ["http://127.0.0.1:8000"]})
    assert run_file.read(tmp_path / "run.json") == {"pid": 7, "edge": ["http://127.0.0.1:8000"]}


def test_no_file_is_none(tmp_path: Path) -> None:
    assert run_file.read(tmp_path / "run.json") is None


@pytest.mark.parametrize("text", ["", "{", "[1]", '"word"', "\x00"])
def test_anything_but_an_object_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    assert run_file.read(tmp_path / "run.json") is None


def test_a_file_at_the_bound_is_read_and_a_longer_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    shortest = len('{"a": ""}')
    path.write_text('{"a": "' + "x" * (run_file.LONGEST - shortest) + '"}')
    assert path.stat().st_size == run_file.LONGEST
    assert run_file.read(path) is not None
    path.write_text('{"a": "' + "x" * (run_file.LONGEST - shortest + 1) + '"}')
    assert run_file.read(path) is None


def test_a_failed_write_leaves_the_old_content_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    run_file.write(path, {"pid": 1})
    with pytest.raises(TypeError):
        run_file.write(path, {"pid": object()})
    assert run_file.read(path) == {"pid": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_cannot_replace_leaves_no_temporary_file(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.mkdir()
    with pytest.raises(OSError):
        run_file.write(path, {"pid": 1})
    assert list(tmp_path.iterdir()) == [path]


def test_everyone_may_read_it(tmp_path: Path) -> None:
    run_file.write(tmp_path / "run.json", {})
    assert (tmp_path / "run.json").stat().st_mode & 0o777 == 0o644


def test_removing_twice_is_no_error(tmp_path: Path) -> None:
    run_file.write(tmp_path / "run.json", {})
    run_file.remove(tmp_path / "run.json")
    run_file.remove(tmp_path / "run.json")
    assert run_file.read(tmp_path / "run.json") is None
