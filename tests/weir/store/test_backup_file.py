"""The file of a backup: whole and unaltered, or refused."""

from __future__ import annotations

import io

import pytest

from weir.store import backup_file as module
from weir.store.backup_file import Entry, Header, Unreadable, Writer, entries, verify

HEADER = Header(program="0.1", cluster="c", incarnation="i", number=3, time_ms=5)
ENTRIES = [Entry("hash", "{control}:x", 0, [b"a", b"b"]), Entry("stream", "s", 9, [[b"1-0", [b"f", b"v"]]])]


def written(header: Header = HEADER) -> bytes:
    writer = Writer()
    return b"".join([writer.header(header), *map(writer.entry, ENTRIES), writer.end()])


def test_what_was_written_is_read() -> None:
    file = io.BytesIO(written())
    assert verify(file) == HEADER
    file.seek(0)
    assert list(entries(file)) == ENTRIES


def test_a_file_that_is_cut_off_anywhere_is_refused() -> None:
    data = written()
    for length in range(len(data)):
        with pytest.raises(Unreadable):
            verify(io.BytesIO(data[:length]))


def test_a_file_with_one_altered_byte_is_refused_wherever_it_is() -> None:
    data = written()
    for place in range(len(data)):
        altered = bytearray(data)
        altered[place] ^= 1
        with pytest.raises(Unreadable):
            verify(io.BytesIO(bytes(altered)))


def test_what_follows_the_end_is_refused() -> None:
    with pytest.raises(Unreadable, match="follows the end"):
        verify(io.BytesIO(written() + b"x"))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x00\x00\x00\x02\x91\x01", b'{"a": 1}' * 100])
def test_what_is_no_backup_is_refused(data: bytes) -> None:
    with pytest.raises(Unreadable, match="backup"):
        verify(io.BytesIO(data))


def test_a_newer_format_is_refused_with_what_to_do() -> None:
    newer = Header(schema=2, program="9", cluster="c", incarnation="i", number=3, time_ms=5)
    with pytest.raises(Unreadable, match="use a newer one"):
        verify(io.BytesIO(written(newer)))


def test_a_frame_has_a_bound_in_both_directions(monkeypatch: pytest.MonkeyPatch) -> None:
    data = written()
    monkeypatch.setattr(module, "MAX_FRAME", 16)
    with pytest.raises(ValueError, match="at most 16"):
        Writer().entry(Entry("hash", "k", 0, [b"x" * 20]))
    with pytest.raises(Unreadable, match="a frame of"):
        verify(io.BytesIO(data))
