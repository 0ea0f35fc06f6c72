"""Questions at a terminal; what asks them in earnest is tested with its command."""

from __future__ import annotations

import io

import pytest

from scripts.api_command import Mistake
from scripts.terminal.asking import confirm, secret


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
