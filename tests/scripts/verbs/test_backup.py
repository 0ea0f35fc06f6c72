from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from scripts.api_command import Mistake
from scripts.verbs.backup import sentence, write_whole
from tests.support.scripted_api import Says, ScriptedApi, problem
from tests.support.weir_command import Commands
from tests.support.weir_gateway import Gateway
from weir.api.backup import Restored

pytestmark = pytest.mark.xdist_group("weir-api")

RESTORED = Restored(
    number=7, incarnation="i", cluster="default", program="0.1.0", made_ms=0, keys=12, durable=False
)


def test_a_backup_is_a_file_for_its_owner_alone(gateway: Gateway, tmp_path: Path) -> None:
    file = tmp_path / "weir.backup"
    ran = gateway.weir.run("backup", str(file))
    assert ran.code == 0, ran
    assert f"{file}: {file.stat().st_size} bytes" in ran.out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = gateway.weir.run("backup", str(file))
    assert (again.code, "--force replaces it" in again.err) == (2, True)
    assert gateway.weir.run("backup", str(file), "--force", "--json").json["bytes"] == file.stat().st_size


def test_a_store_that_has_versions_is_not_overwritten(gateway: Gateway, tmp_path: Path) -> None:
    file = tmp_path / "weir.backup"
    gateway.weir.run("backup", str(file))
    ran = gateway.weir.run("backup", "--restore", str(file), "--yes")
    assert ran.code == 2
    assert ran.err.startswith("weir backup: ")


def test_a_restore_says_what_it_restored(tmp_path: Path) -> None:
    file = tmp_path / "weir.backup"
    file.write_bytes(b"\0" * 100_000)
    weir = Commands(tmp_path / "none", tmp_path)
    with ScriptedApi(Says(body=msgspec.json.encode(RESTORED))) as api:
        weir.variables |= {"WEIR_ADMIN_URL": api.url, "WEIR_TOKEN": "t"}
        assert weir.run("backup", "--restore", str(file)).code == 2
        ran = weir.run("backup", "--restore", str(file), "--yes")
        assert (ran.code, len(api.asked[0].body)) == (0, 100_000)
        assert api.asked[0].headers["content-type"] == "application/octet-stream"
    assert ran.out.startswith("restored: version 7 is current, 12 keys, from a backup of cluster ")
    assert sentence(RESTORED).endswith("; this store keeps nothing on disk")


def test_a_backup_that_is_refused_or_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    weir = Commands(tmp_path / "none", tmp_path)
    short = Says(body=b"a", media="application/octet-stream", headers=(("Content-Length", "9"),))
    with ScriptedApi(problem(403, "role"), short) as api:
        weir.variables |= {"WEIR_ADMIN_URL": api.url, "WEIR_TOKEN": "t"}
        assert weir.run("backup", str(tmp_path / "b")).code == 2
        assert weir.run("backup", str(tmp_path / "b")).code == 3
    assert [path.name for path in tmp_path.iterdir()] == []


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"1"
        raise OSError(28, "No space left on device")

    with pytest.raises(Mistake, match=r"cannot write .*: No such file"):
        write_whole(iter(()), tmp_path / "none" / "b")
    with pytest.raises(Mistake, match="No space left"):
        write_whole(broken(), tmp_path / "b")
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_not_there_is_found_before_anything_is_asked(gateway: Gateway) -> None:
    ran = gateway.weir.run("backup", "--restore", "nowhere")
    assert (ran.code, ran.err) == (2, "weir backup: cannot read nowhere: No such file or directory\n")
