"""First secrets as files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scripts.deployment.folders import Unusable, fill
from weir.secrets.ring import KeyRing


def test_everything_is_made_once_and_accounts_anew(tmp_path: Path) -> None:
    made = fill(tmp_path, "store:6379", "default", None)
    assert "edge/ring.json" in made
    assert "auth/store-url" in made
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert len(before) == 8
    (tmp_path / "store" / "users.acl").write_text("of another version")
    assert fill(tmp_path, "store:6379", "default", None) == []
    assert {path: path.read_bytes() for path in before} == before


def test_files_are_their_owners_but_for_the_accounts(tmp_path: Path) -> None:
    fill(tmp_path, "store:6379", "default", None)
    modes = {
        str(path.relative_to(tmp_path)): path.stat().st_mode & 0o777
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    assert modes.pop("store/users.acl") == 0o644
    assert set(modes.values()) == {0o600}
    assert KeyRing.read(tmp_path / "edge" / "ring.json").has("node")
    password = (tmp_path / "edge" / "store-url").read_text().split(":")[2].split("@")[0]
    assert password not in (tmp_path / "store" / "users.acl").read_text()


def test_a_group_may_read_what_processes_need_but_not_the_whole_ring(tmp_path: Path) -> None:
    fill(tmp_path, "store:6379", "default", os.getegid())
    assert (tmp_path / "edge" / "ring.json").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "whole" / "ring.json").stat().st_mode & 0o777 == 0o600


def test_a_lost_part_is_made_again_from_the_whole_ring(tmp_path: Path) -> None:
    fill(tmp_path, "", "default", None)
    before = (tmp_path / "admin" / "ring.json").read_bytes()
    (tmp_path / "admin" / "ring.json").unlink()
    assert fill(tmp_path, "", "default", None) == ["admin/ring.json"]
    assert (tmp_path / "admin" / "ring.json").read_bytes() == before


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unusable, match="cannot be written"):
        fill(tmp_path / "file", "store:6379", "default", None)


def test_a_ring_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole" / "ring.json").write_text("{}")
    with pytest.raises(Unusable, match="is no key ring"):
        fill(tmp_path, "", "default", None)
