"""The journal: what it says, and that nothing is believed of a damaged one."""

from __future__ import annotations

import pytest

from edge.agent.credentials.journal import (
    Damaged,
    drop_line,
    position_line,
    replay,
    revoked_lines,
)
from edge.agent.credentials.position import Position

AT = position_line(Position("one", 7), 1000.5, "run:repl")


def test_what_was_written_is_read() -> None:
    lines = [AT, drop_line("key:a"), drop_line("basic:\u5830\n"), *revoked_lines({"jti": 2000})]
    later = position_line(Position("one", -1), 1001.0, "")
    found = replay(b"".join([*lines, later]))
    assert (found.position, found.confirmed_s, found.history) == (Position("one", -1), 1001.0, "")
    assert list(found.drops) == ["key:a", "basic:\u5830\n"]
    assert found.revoked == {"jti": 2000}


def test_a_last_line_that_was_cut_off_counts_as_unwritten() -> None:
    whole = AT + drop_line("key:a")
    for cut in range(len(AT), len(whole)):
        assert (replay(whole[:cut]).position, replay(whole[:cut]).drops) == (Position("one", 7), {})


@pytest.mark.parametrize(
    "line",
    [
        b"\x00\n",
        b"7\n",
        b'["x", 1]\n',
        b'["p", "one", "7", 1, ""]\n',
        b'["r", "jti"]\n',
        b'["d"]\n',
        b"\n",
        b"\xff\n",
        b'["d", "key:a"\n',
    ],
)
def test_any_other_damage_makes_it_worthless(line: bytes) -> None:
    with pytest.raises(Damaged):
        replay(AT + line + AT)


def test_a_journal_without_position_is_worthless() -> None:
    for data in (b"", drop_line("key:a"), AT[:-1]):
        with pytest.raises(Damaged, match="up to where"):
            replay(data)
