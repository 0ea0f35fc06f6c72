"""What a restart finds of issuers."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from edge.agent.issuers import disk
from edge.agent.issuers.disk import Known, Own, Row, read_known, write_known
from edge.agent.issuers.issuer import Terms

KNOWN = Known(
    Own("http://127.0.0.1:8002", {"keys": [{"kty": "EC"}]}),
    (
        Row(Terms("https://a.test"), registered=False),
        Row(Terms("https://b.test", "https://b.test/k", ("RS256",), "azp", "scp"), True, {"keys": []}, 5.0),
    ),
)


def test_what_was_written_is_read_and_private(tmp_path: Path) -> None:
    path = tmp_path / "node" / "issuers"
    write_known(path, KNOWN)
    write_known(path, KNOWN)
    assert read_known(path) == KNOWN
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["issuers"]


@pytest.mark.parametrize("data", [b"", b"x", b"\xc1", b"\x81\xa4rows\x93\x01\x02\x03"])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "issuers").write_bytes(data)
    assert read_known(tmp_path / "issuers") == Known()


def test_no_file_is_no_knowledge(tmp_path: Path) -> None:
    assert read_known(tmp_path / "nothing") == Known()
    assert read_known(tmp_path) == Known()


def test_a_file_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_known(tmp_path / "issuers", KNOWN)
    size = (tmp_path / "issuers").stat().st_size
    monkeypatch.setattr(disk, "MAX_BYTES", size)
    assert read_known(tmp_path / "issuers") == KNOWN
    monkeypatch.setattr(disk, "MAX_BYTES", size - 1)
    assert read_known(tmp_path / "issuers") == Known()
