"""Drained targets on the node's disk."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from edge.upstream import drains_file
from edge.upstream.drains_file import LONGEST_S, Drained, drains_path, read_drains, write_drains


def drained(url: str, for_s: float) -> Drained:
    return Drained("file", "u", url, time.monotonic() + for_s)


def test_what_was_written_is_read_with_the_same_end_and_without_what_is_over(tmp_path: Path) -> None:
    path = drains_path(tmp_path / "node" / "version")
    write_drains(path, [drained("http://a", 60), drained("http://b", -1)])
    (found,) = read_drains(path)
    assert found[:3] == ("file", "u", "http://a")
    assert found.until - time.monotonic() == pytest.approx(60, abs=5)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_without_a_file_nobody_is_drained(tmp_path: Path) -> None:
    assert read_drains(tmp_path / "drains") == ()


@pytest.mark.parametrize("content", [b"", b"\xc1", b"\x81\xa6drains\x91\x91\x01"])
def test_a_file_that_cannot_be_read_counts_as_none_and_is_said(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "drains"
    path.write_bytes(content)
    assert read_drains(path) == ()
    assert "cannot be read" in caplog.text


def test_a_file_over_the_bound_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "drains"
    write_drains(path, [drained("http://a", 60)])
    monkeypatch.setattr(drains_file, "MAX_BYTES", path.stat().st_size)
    assert len(read_drains(path)) == 1
    monkeypatch.setattr(drains_file, "MAX_BYTES", path.stat().st_size - 1)
    assert read_drains(path) == ()


def test_an_end_that_no_drain_can_have_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "drains"
    write_drains(path, [drained("http://a", LONGEST_S + 60)])
    assert read_drains(path) == ()


def test_a_disk_that_refuses_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "drains"
    write_drains(path, [drained("http://a", 60)])

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("edge.upstream.drains_file.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_drains(path, [])
    assert len(read_drains(path)) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["drains"]
