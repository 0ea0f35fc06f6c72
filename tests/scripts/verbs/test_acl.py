"""``weir acl``: accounts of the store as text."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from tests.support.weir_command import Commands


@pytest.fixture
def weir(tmp_path: Path) -> Commands:
    return Commands(tmp_path / "state", tmp_path)


@pytest.fixture
def urls(tmp_path: Path) -> Path:
    for process in ("edge", "admin", "auth"):
        (tmp_path / f"{process}-url").write_text(f"redis://weir-{process}:of-{process}@store:6379\n")
    return tmp_path


def test_without_urls_the_accounts_have_no_passwords(weir: Commands) -> None:
    ran = weir.run("acl")
    assert ran.code == 0
    assert [line.split()[:2] for line in ran.out.splitlines()] == [
        ["user", name] for name in ("default", "weir-edge", "weir-admin", "weir-auth", "weir-probe")
    ]
    assert "#" not in ran.out


def test_of_passwords_only_hashes_are_written(weir: Commands, urls: Path) -> None:
    ran = weir.run("acl", "--urls", str(urls), "--to", str(urls / "users.acl"), "--cluster", "blue")
    assert (ran.code, ran.out) == (0, "")
    text = (urls / "users.acl").read_text()
    assert f"#{sha256(b'of-edge').hexdigest()}" in text
    assert "of-edge" not in text
    assert "weir:blue:{control}:head" in text


def test_a_server_without_a_file_gets_commands(weir: Commands, urls: Path) -> None:
    lines = weir.run("acl", "--urls", str(urls), "--commands", "--prefix", "gate-").out.splitlines()
    assert lines[0].split()[:3] == ["ACL", "SETUSER", "gate-edge"]
    assert len(lines) == 4


@pytest.mark.parametrize("content", [None, "redis://store:6379", "nonsense"])
def test_a_url_that_cannot_serve_is_said(weir: Commands, urls: Path, content: str | None) -> None:
    (urls / "auth-url").unlink()
    if content is not None:
        (urls / "auth-url").write_text(content)
    ran = weir.run("acl", "--urls", str(urls))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("weir acl: ")


def test_a_program_gets_names_and_rules(weir: Commands, urls: Path) -> None:
    users = weir.run("acl", "--urls", str(urls), "--json").json["users"]
    assert [*users] == ["weir-edge", "weir-admin", "weir-auth", "weir-probe"]
    assert users["weir-edge"][:3] == ["reset", "on", f"#{sha256(b'of-edge').hexdigest()}"]
