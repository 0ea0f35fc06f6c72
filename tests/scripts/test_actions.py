"""The frame of commands with actions."""

from __future__ import annotations

import argparse

import pytest

from scripts.actions import Action, actions_parser, agreed, seconds, words
from scripts.api_command import Mistake

ACTIONS = (Action("list", "all", "Lists all.", lambda client, options: 0),)


def test_an_action_is_needed_and_takes_what_all_take(capsys: pytest.CaptureFixture[str]) -> None:
    parser = actions_parser("thing", "Things.", ACTIONS)
    with pytest.raises(SystemExit):
        parser.parse_args([])
    options = parser.parse_args(["list", "--json", "--url", "http://127.0.0.1:1"])
    assert (options.action, options.json, options.url) == ("list", True, "http://127.0.0.1:1")


@pytest.mark.parametrize("text", ["59s", "11d", "x", "-1d"])
def test_a_length_of_time_has_its_bounds(text: str) -> None:
    assert seconds("60s", 60, 864_000) == 60
    assert seconds("10d", 60, 864_000) == 864_000
    with pytest.raises(Mistake):
        seconds(text, 60, 864_000)


def test_words_stand_once_with_spaces_between_them() -> None:
    assert words(" a  b a ") == ("a", "b")
    assert words("") == ()


def test_yes_is_not_asked() -> None:
    assert agreed(argparse.Namespace(yes=True), "Really?")
