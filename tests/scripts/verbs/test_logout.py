"""Forgetting what was saved; the ordinary way is tested with ``weir login``."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.verbs import logout


def test_a_login_that_cannot_be_read_can_be_forgotten_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = tmp_path / "weir" / "login.json"
    path.parent.mkdir()
    path.write_text("nonsense")
    path.chmod(0o644)
    assert logout.run([]) == 0
    assert not path.exists()
    assert capsys.readouterr().out.startswith("the login is forgotten")


def test_a_program_is_told_whether_there_was_a_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert logout.run(["--json"]) == 0
    assert capsys.readouterr().out == '{"forgotten":false,"url":""}\n'
