"""A file's content is taken once, when it has settled, however it was written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.agent.file_watch import FileWatch


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "rules.weir"
    file.write_text("one")
    return file


def looks(watch: FileWatch, count: int) -> list[bytes | None]:
    return [watch.look() for _ in range(count)]


def test_a_content_is_taken_at_the_second_equal_look_and_once(path):
    assert looks(FileWatch(path), 4) == [None, b"one", None, None]


def test_a_change_is_to_be_looked_at_soon_again(path):
    watch = FileWatch(path)
    settled = []
    for text in ("one", "one", "two", "three", "three"):
        if text != path.read_text():
            path.write_text(text)
        watch.look()
        settled.append(watch.is_settled)
    assert settled == [False, True, False, False, True]


def test_a_file_that_is_still_being_written_is_not_taken(path):
    watch = FileWatch(path)
    for text in ("o", "on", "one more"):
        path.write_text(text)
        assert watch.look() is None
    assert watch.look() == b"one more"


def test_a_rename_over_the_file_is_a_change(path, tmp_path):
    watch = FileWatch(path)
    looks(watch, 2)
    other = tmp_path / "rules.weir~"
    other.write_text("two")
    other.replace(path)
    assert looks(watch, 3) == [None, b"two", None]


def test_a_change_of_equal_size_and_time_is_a_change(path):
    watch = FileWatch(path)
    looks(watch, 2)
    times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    other = path.with_name("other")
    other.write_text("two")
    os.utime(other, ns=times)
    other.replace(path)
    assert looks(watch, 3) == [None, b"two", None]


def test_a_symbolic_link_that_moves_is_a_change(path, tmp_path):
    link, second = tmp_path / "link", tmp_path / "second"
    second.write_text("two")
    link.symlink_to(path)
    watch = FileWatch(link)
    looks(watch, 2)
    link.unlink()
    link.symlink_to(second)
    assert looks(watch, 3) == [None, b"two", None]


def test_a_missing_file_is_an_error_at_every_look_and_found_again(path):
    watch = FileWatch(path)
    looks(watch, 2)
    path.unlink()
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            watch.look()
    path.write_text("back")
    assert looks(watch, 3) == [None, b"back", None]


def test_what_was_forgotten_is_taken_again(path):
    watch = FileWatch(path)
    looks(watch, 2)
    watch.forget()
    assert looks(watch, 3) == [None, b"one", None]
