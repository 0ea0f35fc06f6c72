"""Questions at a terminal; what asks them in earnest is tested with its command."""

from __future__ import annotations

import io

import pytest

from scripts.api_command import Mistake
from scripts.terminal.asking import confirm, new_password, secret


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("typed", "yes"),
    [("y\n", True), ("YES\n", True), ("\n", False), ("", False), ("no\n", False), ("yy\n", False)],
)
def test_only_a_yes_is_a_yes(typed: str, yes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    assert confirm("Really?", otherwise="--yes") is yes


def test_where_nobody_can_be_asked_nothing_is_assumed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(Mistake, match="no terminal to ask at; say --yes"):
        confirm("Really?", otherwise="say --yes")


def test_a_secret_can_come_from_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(" weirt_x \nmore\n"))
    assert secret("Token: ") == "weirt_x"


def test_a_password_from_a_pipe_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(" with spaces \r\nmore\n"))
    assert new_password() == " with spaces "


@pytest.mark.parametrize("piped", ["", "\n"])
def test_no_password_is_none(piped: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(piped))
    with pytest.raises(Mistake, match="no password was given"):
        new_password()


def test_at_a_terminal_a_password_is_typed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(""))
    typed = iter(["same one", "same one", "same one", "other"])
    monkeypatch.setattr("scripts.terminal.asking.getpass.getpass", lambda *_, **__: next(typed))
    assert new_password() == "same one"
    with pytest.raises(Mistake, match="not the same"):
        new_password()
