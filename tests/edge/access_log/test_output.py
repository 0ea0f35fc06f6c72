"""Files that are rotated while they are written to, and pipes that several workers write to."""

from __future__ import annotations

import os
import select
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.access_log.output import MOVED_S, Output, pieces


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_file_that_was_renamed_and_made_again_is_followed_at_once(tmp_path: Path) -> None:
    path = tmp_path / "log"
    output = Output(str(path))
    output.write(b"1\n")
    path.rename(tmp_path / "log.1")
    path.touch()
    output.write(b"2\n")
    assert ((tmp_path / "log.1").read_bytes(), path.read_bytes()) == (b"1\n", b"2\n")


def test_a_name_that_is_missing_is_made_again_only_after_a_while(tmp_path: Path) -> None:
    path, clock = tmp_path / "log", Clock()
    output = Output(str(path), clock)
    path.rename(tmp_path / "log.1")
    output.write(b"1\n")
    clock.now += MOVED_S - 0.01
    output.write(b"2\n")
    assert not path.exists()
    clock.now += 0.01
    output.write(b"3\n")
    assert ((tmp_path / "log.1").read_bytes(), path.read_bytes()) == (b"1\n2\n", b"3\n")


def test_reopen_makes_the_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "log"
    output = Output(str(path))
    path.unlink()
    output.reopen()
    output.write(b"1\n")
    assert path.read_bytes() == b"1\n"
    assert path.stat().st_mode & 0o777 == 0o640 & ~_umask()


def test_a_file_that_was_cut_goes_on_at_its_start(tmp_path: Path) -> None:
    path = tmp_path / "log"
    output = Output(str(path))
    output.write(b"before\n")
    os.truncate(path, 0)
    output.write(b"after\n")
    assert path.read_bytes() == b"after\n"


def test_without_its_directory_the_old_file_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    output = Output(str(folder / "log"))
    folder.rename(tmp_path / "moved")
    with pytest.raises(FileNotFoundError):
        output.reopen()
    output.write(b"1\n")
    assert (tmp_path / "moved" / "log").read_bytes() == b"1\n"


def test_reopening_leaves_no_descriptor_behind(tmp_path: Path) -> None:
    output = Output(str(tmp_path / "log"))
    before = descriptors()
    for _ in range(5):
        output.reopen()
    assert descriptors() == before
    output.close()
    assert descriptors() == before - 1


def test_a_pipe_gets_whole_lines_in_short_writes(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    lines = b"".join(b"%0100d\n" % number for number in range(200))
    Output(str(path)).write(lines)
    assert os.read(reader, 1 << 20) == lines
    os.close(reader)


@given(
    st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"") + b"\n")), st.integers(1, 60)
)
def test_pieces_are_whole_lines_and_short_where_lines_are(lines: list[bytes], size: int) -> None:
    found = list(pieces(b"".join(lines), size))
    assert b"".join(found) == b"".join(lines)
    for piece in found:
        assert piece.endswith(b"\n")
        assert len(piece) <= size or piece.count(b"\n") == 1


def test_lines_of_a_pipe_s_bound_fill_one_write() -> None:
    line = b"x" * (select.PIPE_BUF // 2 - 1) + b"\n"
    assert [len(piece) for piece in pieces(line * 4, select.PIPE_BUF)] == [select.PIPE_BUF] * 2


def descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
