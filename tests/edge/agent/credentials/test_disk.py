"""What a restart finds of credentials, whatever came before it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import gevent
import pytest

from edge.agent.credentials import disk as disk_module
from edge.agent.credentials.cache import Known
from edge.agent.credentials.disk import POSITION_S, SNAPSHOT_S, Disk, Standing
from edge.agent.credentials.journal import replay
from edge.agent.credentials.position import Position
from edge.agent.credentials.snapshot import State
from weir.secrets.ring import KeyRing
from weir.secrets.ring_file import RingKey

RING = KeyRing([RingKey(id="k1", purpose="node", key=b"1" * 32, created_ms=1)])
KEY_A = ("key:a", Known(b"verifier of a", 3, "alice"))
KEY_B = ("key:b", Known(b"verifier of b", 4, "bob"))


class Rig:
    def __init__(self, directory: Path, ring: KeyRing | None = RING) -> None:
        self.directory = directory
        self.rows, self.values = [KEY_A, KEY_B], {"jti": 2000}
        self.standing: Standing | None = Standing(Position("one", 5), 1000.0, "history")
        self.failures = 0
        self.now = 100.0
        self.disk = Disk(
            directory,
            ring,
            state=lambda: State(*map(list, zip(*self.rows, strict=True)), [self.values]),
            standing=lambda: self.standing,
            failed=self.fail,
            clock=lambda: self.now,
        )

    def fail(self) -> None:
        self.failures += 1

    def at(self, seq: int) -> None:
        self.standing = Standing(Position("one", seq), 1000.0 + seq, "history")

    def left(self) -> Any:
        """What a new life finds."""
        return Rig(self.directory).disk.load()

    def files(self) -> dict[str, int]:
        return {path.name: stat.S_IMODE(path.stat().st_mode) for path in self.directory.iterdir()}


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    made = Rig(tmp_path)
    made.disk.step()
    return made


def test_a_restart_finds_what_was_known(rig: Rig) -> None:
    left = rig.left()
    assert left.contents.verifiers == [KEY_A, KEY_B]
    assert left.contents.revoked == {"jti": 2000}
    assert (left.standing, left.drops) == (rig.standing, ())
    assert rig.files() == {"credentials": 0o600, "credentials.journal": 0o600}


def test_what_was_dropped_or_revoked_is_there_at_once(rig: Rig) -> None:
    rig.disk.dropped(["key:a"])
    rig.disk.revoked({"sid": 3000})
    rig.at(6)
    rig.disk.step()
    left = rig.left()
    assert (left.drops, left.contents.revoked) == (("key:a",), {"jti": 2000, "sid": 3000})
    assert left.standing.position.seq == 6


def test_a_position_is_never_ahead_of_the_drops_that_led_to_it(rig: Rig) -> None:
    rig.disk.dropped(["key:a"])
    rig.at(6)
    assert (rig.left().standing.position.seq, rig.left().drops) == (5, ())
    rig.disk.step()
    assert (rig.left().standing.position.seq, rig.left().drops) == (6, ("key:a",))


def test_what_was_learnt_waits_for_the_next_snapshot(rig: Rig) -> None:
    rig.rows.append(("key:c", KEY_A[1]))
    rig.disk.learnt()
    rig.disk.step()
    assert len(rig.left().contents.verifiers) == 2
    rig.now += SNAPSHOT_S + 1
    rig.disk.step()
    assert len(rig.left().contents.verifiers) == 3


def test_where_nothing_changed_only_the_time_of_the_last_confirmation_is_written(rig: Rig) -> None:
    written = (rig.directory / "credentials").stat().st_mtime_ns
    rig.at(9)
    rig.now += POSITION_S - 1
    rig.disk.step()
    assert rig.left().standing.position.seq == 5
    rig.now += 1
    rig.disk.step()
    assert rig.left().standing == rig.standing
    assert (rig.directory / "credentials").stat().st_mtime_ns == written


def test_doubt_is_written_at_once(rig: Rig) -> None:
    rig.at(-1)
    rig.disk.distrusted()
    rig.disk.step()
    assert rig.left().standing.position.seq == -1


def test_a_journal_that_grew_too_long_ends_in_a_snapshot(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_module, "MAX_JOURNAL", 2000)
    rig.now += 1
    for number in range(100):
        rig.disk.dropped([f"key:{number:040}"])
        rig.disk.step()
    assert len(rig.left().drops) == 100
    rig.now += SNAPSHOT_S
    rig.disk.step()
    assert rig.left().drops == ()
    assert (rig.directory / "credentials.journal").stat().st_size < 200


def test_a_large_snapshot_is_written_less_often(rig: Rig) -> None:
    rig.rows.append(("key:c", Known(os.urandom(3 << 20), 5)))
    rig.disk.learnt()
    rig.now += SNAPSHOT_S + 1
    rig.disk.step()
    assert rig.disk.snapshot_bytes > 3 << 20
    rig.rows.pop()
    rig.disk.learnt()
    rig.now += 3 * SNAPSHOT_S
    rig.disk.step()
    assert len(rig.left().contents.verifiers) == 3
    rig.now += 2 * SNAPSHOT_S
    rig.disk.step()
    assert len(rig.left().contents.verifiers) == 2


def test_what_is_dropped_while_a_snapshot_is_written_is_in_both_journals(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, ...]] = []
    before = disk_module.sealed_pieces

    def pieces(*arguments: Any) -> Any:
        for number, piece in enumerate(before(*arguments)):
            yield piece
            if number == 1:
                journal = (rig.directory / "credentials.journal").read_bytes()
                seen.append(tuple(replay(journal).drops))
            rig.disk.dropped([f"key:{number}"])

    monkeypatch.setattr(disk_module, "sealed_pieces", pieces)
    rig.now += SNAPSHOT_S + 1
    rig.disk.learnt()
    rig.disk.step()
    assert seen == [("key:0",)], "a crash in the middle finds the old snapshot with the drop"
    rig.disk.step()
    assert rig.left().drops == ("key:0", "key:1", "key:2")


def test_what_is_forgotten_while_a_snapshot_is_written_stays_forgotten(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = disk_module.sealed_pieces

    def pieces(*arguments: Any) -> Any:
        yield from before(*arguments)
        rig.disk.forgotten()

    monkeypatch.setattr(disk_module, "sealed_pieces", pieces)
    rig.now += SNAPSHOT_S + 1
    rig.disk.learnt()
    rig.disk.step()
    assert rig.left() is None
    monkeypatch.undo()
    rig.now += SNAPSHOT_S
    rig.disk.step()
    assert rig.left() is not None


def test_without_ring_nothing_is_kept_and_what_there_was_goes(rig: Rig) -> None:
    for ring in (None, KeyRing([RingKey(id="s", purpose="store", key=b"1" * 32, created_ms=1)])):
        rig.disk.step(last=True)
        bare = Rig(rig.directory, ring)
        assert not bare.disk.is_kept
        assert bare.disk.load() is None
        bare.disk.dropped(["key:a"])
        bare.disk.step(last=True)
        assert rig.files() == {}
        rig.disk.forgotten()


@pytest.mark.parametrize("name", ["credentials", "credentials.journal"])
@pytest.mark.parametrize("damage", [b"", b"odd", None])
def test_damaged_or_missing_files_are_not_believed(
    rig: Rig, name: str, damage: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    path = rig.directory / name
    path.unlink()
    if damage is not None:
        path.write_bytes(damage)
    assert rig.left() is None
    assert ("is not believed" in caplog.text) == (damage is not None)


def test_a_file_that_is_too_large_is_not_read(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_module, "MAX_FILE", 10)
    assert rig.left() is None


def test_after_a_disk_that_refuses_no_half_is_left_and_it_is_tried_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(disk_module, "_append", refuse)
    rig.disk.dropped(["key:a"])
    rig.rows.remove(KEY_A)
    rig.disk.step()
    assert (rig.failures, rig.left(), rig.files()) == (1, None, {})
    assert "cannot be kept on disk" in caplog.text
    monkeypatch.undo()
    rig.now += SNAPSHOT_S
    rig.disk.step()
    assert rig.left().contents.verifiers == [KEY_B]


def test_nothing_is_written_before_anything_is_known(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.standing = None
    rig.disk.dropped(["key:a"])
    rig.disk.step()
    assert rig.files() == {}


def test_a_life_goes_on_with_the_journal_of_the_one_before(rig: Rig) -> None:
    after = Rig(rig.directory)
    after.disk.load()
    after.at(8)
    after.disk.dropped(["key:b"])
    after.now += 1
    after.disk._flush(after.now)
    left = rig.left()
    assert (left.drops, left.standing.position.seq) == (("key:b",), 8)


def test_the_end_writes_everything(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    running = gevent.spawn(rig.disk.run)
    gevent.sleep(0)
    rig.disk.end()
    running.join(20)
    assert running.successful()
    assert rig.left().contents.verifiers == [KEY_A, KEY_B]


def test_what_a_crash_left_half_written_is_cleared_away(rig: Rig) -> None:
    (rig.directory / ".credentials.x").write_bytes(b"half")
    journal = rig.directory / "credentials.journal"
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'["d", "key:')
    after = Rig(rig.directory)
    assert after.disk.load() is not None
    assert set(rig.files()) == {"credentials", "credentials.journal"}
    after.disk.dropped(["key:b"])
    after.now += 1
    after.disk._flush(after.now)
    assert rig.left().drops == ("key:b",)
