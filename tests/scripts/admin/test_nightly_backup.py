"""Backups in a folder: whole, verified, as many as are wanted."""

from __future__ import annotations

import fcntl
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scripts.admin.nightly_backup import Damaged, locked, name_of, plain_name, tidy, verify, write
from tests.support.weir_gateway import Gateway
from weir.store import backup_file
from weir.store.backup_file import Entry, Header, Writer

pytestmark = pytest.mark.xdist_group("weir-api")


def backup() -> bytes:
    writer = Writer()
    header = Header(program="1", cluster="c", incarnation="i", number=1, time_ms=1)
    return writer.header(header) + writer.entry(Entry("string", "k", 0, [b"v" * 100])) + writer.end()


def named(folder: Path, *days: int, name: str = "weir", content: bytes = b"") -> list[Path]:
    paths = [folder / name_of(name, datetime(2026, 11, day, tzinfo=UTC)) for day in days]
    for path in paths:
        path.write_bytes(content or backup())
    return paths


def test_a_backup_of_a_running_gateway_is_whole_and_older_ones_go(
    gateway: Gateway, scripts: Any, tmp_path: Path
) -> None:
    gateway.publish('rule kept { when path == "/kept"; respond 200 "" }')
    folder = tmp_path / "backups"
    folder.mkdir()
    old = named(folder, 1, 2, 3)
    ran = scripts.run("nightly_backup.py", str(folder), "--keep", "2")
    assert ran.returncode == 0, ran.stderr
    new = next(path for path in folder.iterdir() if path not in old and path.suffix == ".weir-backup")
    assert sorted(path.name for path in folder.iterdir()) == sorted([".lock", old[2].name, new.name])
    assert new.stat().st_mode & 0o777 == 0o600
    with new.open("rb") as file:
        assert backup_file.verify(file).number == gateway.client.config.get().config.number


def test_an_api_that_is_away_leaves_the_folder_as_it_was(scripts: Any, tmp_path: Path) -> None:
    kept = named(tmp_path, 1, 2)
    ran = scripts.run("nightly_backup.py", str(tmp_path), "--keep", "1", "--url", "http://127.0.0.1:9")
    assert ran.returncode == 3
    assert ran.stderr.startswith("nightly_backup: no new backup")
    assert {path for path in tmp_path.iterdir() if path.name != ".lock"} == set(kept)


@pytest.mark.parametrize("cut", [0, 3, 10, -1])
def test_what_is_cut_off_is_no_backup(cut: int) -> None:
    with pytest.raises(Damaged, match="cut off"):
        verify(io.BytesIO(backup()[:cut]))


def test_what_was_altered_or_goes_on_is_no_backup() -> None:
    whole = backup()
    verify(io.BytesIO(whole))
    with pytest.raises(Damaged, match="altered"):
        verify(io.BytesIO(whole.replace(b"vvv", b"vvw", 1)))
    with pytest.raises(Damaged, match="follows"):
        verify(io.BytesIO(whole + b"x"))


def test_a_file_has_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield backup()[:50]
        raise OSError("broken")

    for pieces in (broken(), iter([backup()[:50]])):
        with pytest.raises((OSError, Damaged)):
            write(tmp_path, "a", pieces)
        assert list(tmp_path.iterdir()) == []
    assert write(tmp_path, "a", [backup()[:50], backup()[50:]]).read_bytes() == backup()


def test_a_damaged_file_stays_and_does_not_count(tmp_path: Path) -> None:
    old, middle = named(tmp_path, 1, 2)
    (bad,) = named(tmp_path, 3, content=b"x")
    (new,) = named(tmp_path, 4)
    (other,) = named(tmp_path, 1, name="other")
    assert [path for path, _ in tidy(tmp_path, "weir", 2)] == [bad]
    assert set(tmp_path.iterdir()) == {middle, bad, new, other}
    assert not old.exists()


def test_two_runs_do_not_meet(tmp_path: Path) -> None:
    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(OSError, match="another run"), locked(tmp_path):
            pass
    with locked(tmp_path):
        pass


@pytest.mark.parametrize("name", ["", "a/b", "..x/", "a b", "a" * 65])
def test_a_name_that_is_no_plain_one_is_refused(name: str) -> None:
    with pytest.raises(Exception, match="letters"):
        plain_name(name)
