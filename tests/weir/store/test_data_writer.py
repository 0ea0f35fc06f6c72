"""Data of an embedded store is only given to servers that can read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.servers import redis_binary, valkey_binary
from weir.store.binary import examine, find_server
from weir.store.data_writer import ServerVersion, can_read, record_writer, writer_of
from weir.store.embedded import data_written_by, prepare
from weir.store.errors import ServerBinaryMissing


@pytest.mark.parametrize(
    ("server", "writer", "readable"),
    [
        (("valkey", "9.1.2"), ("valkey", "9.1.2"), True),
        (("valkey", "9.1.1"), ("valkey", "9.1.2"), True),
        (("valkey", "9.2.0"), ("valkey", "9.1.2"), True),
        (("valkey", "8.1.8"), ("valkey", "9.1.2"), False),
        (("redis", "7.0.15"), ("valkey", "9.1.2"), False),
        (("redis", "8.2.0"), ("valkey", "7.2.4"), False),
        (("valkey", "9.1.2"), ("redis", "7.0.15"), True),
        (("valkey", "9.1.2"), ("redis", "7.2.5"), True),
        (("valkey", "9.1.2"), ("redis", "7.4.0"), False),
        (("redis", "7.2.0"), ("redis", "7.0.15"), True),
        (("redis", "7.0.15"), ("redis", "7.2.0"), False),
    ],
)
def test_who_reads_whose_data(server: tuple[str, str], writer: tuple[str, str], readable: bool) -> None:
    assert can_read(ServerVersion(*server), ServerVersion(*writer)) is readable


def test_the_writer_is_remembered_beside_the_data(tmp_path: Path) -> None:
    assert data_written_by(tmp_path) is None
    binary = examine(valkey_binary())
    prepare(tmp_path, binary)
    assert data_written_by(tmp_path) == ServerVersion("valkey", binary.version)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"name": "valkey"}', "\0"])
def test_a_spoiled_note_is_no_note(tmp_path: Path, content: str) -> None:
    (tmp_path / "writer.json").write_text(content)
    assert writer_of(tmp_path) is None
    record_writer(tmp_path, ServerVersion("redis", "7.0.15"))
    assert writer_of(tmp_path) == ServerVersion("redis", "7.0.15")


def test_a_server_on_path_that_cannot_read_the_data_is_passed_over() -> None:
    folder = str(redis_binary().parent)
    assert find_server("", folder).name == "redis"
    assert find_server("", folder, ServerVersion("valkey", "9.0.0")).name == "valkey"


def test_one_that_was_asked_for_and_cannot_read_the_data_is_refused_in_one_sentence() -> None:
    with pytest.raises(ServerBinaryMissing, match=r"cannot read what Valkey 9\.1\.2 wrote"):
        find_server(str(redis_binary()), "", ServerVersion("valkey", "9.1.2"))
