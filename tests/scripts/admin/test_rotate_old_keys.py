"""Rotating old keys: dry by default, nothing lost when it is interrupted, nothing rotated twice."""

from __future__ import annotations

import argparse
import csv
import io
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.admin.rotate_old_keys import (
    Line,
    NotPossible,
    append_key,
    csv_text,
    days,
    due_of,
    open_rotations,
    opened,
    overlap,
    read_lines,
    rotate,
    text_of,
)
from tests.support.wait import wait_until
from tests.support.weir_gateway import Gateway
from tests.support.weir_up import WITHIN_S
from weir.api.consumers import ConsumerBody
from weir.api.keys import AllKeysQuery, Key, KeyRotation, MadeKey
from weir.client.errors import OutcomeUnknown
from weir.models.auth.secret_text import read_secret

pytestmark = pytest.mark.xdist_group("weir-api")


def key(identity: str, created_ms: int = 0, **more: Any) -> Key:
    return Key(
        id=identity, consumer="acme", created_ms=created_ms, created_by="x", **{"state": "active", **more}
    )


@pytest.fixture
def keys(gateway: Gateway) -> list[MadeKey]:
    """Of one consumer, which nobody else has."""
    for consumer in gateway.client.consumers.every():
        gateway.client.consumers.delete(consumer.name, if_match="*")
    gateway.client.consumers.create("acme", ConsumerBody())
    return [gateway.client.keys.create("acme") for _ in range(12)]


def known(gateway: Gateway) -> dict[str, Key]:
    return {each.id: each for each in gateway.client.keys.every(AllKeysQuery(consumer="acme"))}


def done(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as opened_file:
        return [row for row in csv.DictReader(opened_file) if row["state"] == "done"]


# Which ones


def test_old_keys_in_use_are_due_the_oldest_first() -> None:
    found = [
        key("b", 5),
        key("a", 3),
        key("new", 10),
        key("off", state="disabled"),
        key("over", state="expired"),
    ]
    assert [each.key.id for each in due_of(found, {}, 10)] == ["a", "b"]


def test_a_key_that_was_replaced_is_left_alone_unless_we_lost_its_successor() -> None:
    found = [key("a", 1, state="expiring"), key("b", 20, replaces="a")]
    assert due_of(found, {}, 10) == []
    ((again, lost),) = due_of(found, {"a": 1}, 10)
    assert (again.id, lost and lost.id) == ("a", "b")


def test_what_began_and_was_not_done_is_open() -> None:
    def line(state: str, old: str) -> Line:
        return Line(state=state, time_ms=1, consumer="acme", name="", old_id=old)

    lines = [line("begun", "a"), line("done", "a"), line("begun", "b")]
    assert open_rotations(lines) == {"b": 1}


@pytest.mark.parametrize("text", ["", "-1", "x", "36501"])
def test_days_have_bounds(text: str) -> None:
    assert (days("0"), overlap("90")) == (0, 90)
    with pytest.raises(argparse.ArgumentTypeError):
        days(text)
    for never in ("0", "91"):
        with pytest.raises(argparse.ArgumentTypeError):
            overlap(never)


# The file


@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_line_that_broke_off_is_cut(tmp_path: Path, form: str) -> None:
    file = tmp_path / "out"
    line = Line(state="begun", time_ms=1, consumer="acme", name='=a,"b"', old_id="k1")
    options = argparse.Namespace(out=str(file), format=form)
    with opened(options) as out:
        if form == "csv":
            out.write(csv_text(Line.__struct_fields__))
        out.write(text_of(line, form))
        out.write(text_of(line, form)[:15])
    whole = file.read_text()[:-15]
    with opened(options) as out:
        assert [each.old_id for each in read_lines(out, form)] == ["k1"]
        assert file.read_text() == whole
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_that_others_may_read_or_of_somebody_else_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    file.touch(0o644)
    options = argparse.Namespace(out=str(file), format="csv")
    with pytest.raises(NotPossible, match="read by others"), opened(options):
        pass
    file.chmod(0o600)
    file.write_text("a,b\n1,2\n")
    with opened(options) as out, pytest.raises(NotPossible, match="not written by this script"):
        read_lines(out, "csv")
    link = tmp_path / "link.csv"
    link.symlink_to(file)
    with pytest.raises(OSError, match="symbolic"), opened(argparse.Namespace(out=str(link))):
        pass


# What goes wrong on the way


class Played:
    """As much of the client as a rotation needs."""

    def __init__(self, *answers: MadeKey | Exception, known: tuple[Key, ...] = ()) -> None:
        self.keys = self
        self.revoked: list[str] = []
        self._answers = list(answers)
        self._known = known

    def rotate(self, identity: str, rotation: KeyRotation) -> MadeKey:
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def every(self, query: AllKeysQuery) -> Iterator[Key]:
        return iter(self._known)

    def revoke(self, identity: str) -> None:
        self.revoked.append(identity)


def test_a_key_that_may_have_been_made_is_looked_for_and_revoked() -> None:
    made = MadeKey(key=key("c", replaces="a"), secret="weir_c")
    weir: Any = Played(
        OutcomeUnknown("silence"), made, known=(key("b", replaces="a"), key("x", replaces="y"))
    )
    assert rotate(weir, key("a"), None, 7) == made
    assert weir.revoked == ["b"]


def test_a_key_that_cannot_be_written_down_is_revoked_again() -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    weir: Any = Played()
    begun = Line(state="begun", time_ms=1, consumer="acme", name="", old_id="a")
    options = argparse.Namespace(out="new.csv", format="csv", overlap=7)
    with pytest.raises(NotPossible, match=r"No space left on device.*revoked again"):
        append_key(weir, Full(), begun, MadeKey(key=key("b"), secret="weir_b"), options)
    assert weir.revoked == ["b"]


# Against a gateway


def test_without_a_word_keys_are_only_listed(gateway: Gateway, scripts: Any, keys: list[MadeKey]) -> None:
    ran = scripts.run("rotate_old_keys.py", "--older", "0", "--consumer", "acme")
    assert ran.returncode == 1, ran.stderr
    assert {row["id"] for row in csv.DictReader(ran.stdout.splitlines())} == {each.key.id for each in keys}
    assert known(gateway).keys() == {each.key.id for each in keys}
    assert scripts.run("rotate_old_keys.py", "--older", "30").returncode == 0
    assert scripts.run("rotate_old_keys.py", "--older", "0", "--rotate").returncode == 2


def test_old_keys_are_rotated_with_an_overlap_and_the_new_ones_are_in_the_file(
    gateway: Gateway, scripts: Any, keys: list[MadeKey], tmp_path: Path
) -> None:
    out = tmp_path / "new.jsonl"
    arguments = ("--older", "0", "--consumer", "acme", "--rotate", "--out", str(out))
    ran = scripts.run("rotate_old_keys.py", *arguments, "--format", "json", "--overlap", "3")
    assert ran.returncode == 0, ran.stderr
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    made = {line["old_id"]: line for line in lines if line["state"] == "done"}
    assert made.keys() == {each.key.id for each in keys}
    now = known(gateway)
    for old, line in made.items():
        parts = read_secret("weir", line["key"])
        assert parts is not None
        assert now[parts.id].replaces == old
        assert 2 * 86_400_000 < now[old].expires_ms - now[parts.id].created_ms <= 3 * 86_400_000 + 60_000
        assert line["key"] not in ran.stdout + ran.stderr


def test_what_is_interrupted_goes_on_without_loss(
    gateway: Gateway, scripts: Any, keys: list[MadeKey], tmp_path: Path
) -> None:
    out = tmp_path / "new.csv"
    arguments = ("--older", "0", "--consumer", "acme", "--rotate", "--out", str(out))
    with scripts.start("rotate_old_keys.py", *arguments) as process:
        wait_until(lambda: out.exists() and len(done(out)) >= 2, within_s=WITHIN_S, what="two keys")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=WITHIN_S)
    assert process.returncode in (0, 130)
    written = {row["new_id"] for row in done(out)}
    made = {each.id for each in known(gateway).values() if each.replaces}
    assert written == made
    assert out.stat().st_mode & 0o777 == 0o600


def test_a_key_that_was_made_and_lost_is_revoked_and_made_again(
    gateway: Gateway, scripts: Any, keys: list[MadeKey], tmp_path: Path
) -> None:
    old = keys[0].key
    out = tmp_path / "new.csv"
    begun = Line(state="begun", time_ms=1, consumer="acme", name="", old_id=old.id)
    out.write_text(csv_text(Line.__struct_fields__) + csv_text(begun.cells()))
    out.chmod(0o600)
    lost = gateway.client.keys.rotate(old.id, KeyRotation(overlap_s=86_400)).key.id
    theirs = gateway.client.keys.rotate(keys[1].key.id, KeyRotation(overlap_s=86_400)).key.id
    arguments = ("--older", "0", "--consumer", "acme", "--rotate", "--out", str(out))
    assert scripts.run("rotate_old_keys.py", *arguments).returncode == 0
    now = known(gateway)
    assert lost not in now
    assert theirs in now
    rows = {row["old_id"]: row["new_id"] for row in done(out)}
    assert now[rows[old.id]].replaces == old.id
    assert keys[1].key.id not in rows


def test_an_api_that_is_away_is_said_and_nothing_is_written(scripts: Any, tmp_path: Path) -> None:
    arguments = (
        "--older",
        "0",
        "--rotate",
        "--out",
        str(tmp_path / "new.csv"),
        "--url",
        "http://127.0.0.1:9",
    )
    ran = scripts.run("rotate_old_keys.py", *arguments)
    assert ran.returncode == 3
    assert ran.stderr.startswith("rotate_old_keys: ")
