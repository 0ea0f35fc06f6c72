from __future__ import annotations

from scripts.main import VERBS
from scripts.parsers import actions_of, all_parsers, flags_of, takes_file, takes_value


def test_every_command_has_a_parser_that_knows_its_name() -> None:
    parsers = all_parsers()
    assert [*parsers] == [verb.name for verb in VERBS]
    for name, parser in parsers.items():
        assert parser.prog == f"weir {name}"
        assert parser.description


def test_what_a_flag_takes_is_known() -> None:
    flags = {flag.option_strings[-1]: flag for flag in flags_of(all_parsers()["up"])}
    assert takes_file(flags["--config"])
    assert not takes_file(flags["--workers"])
    assert takes_value(flags["--workers"])
    assert not takes_value(flags["--no-demo"])


def test_actions_are_parsers_of_their_own() -> None:
    assert actions_of(all_parsers()["fmt"]) == {}


def test_every_command_that_ends_by_itself_can_answer_in_json() -> None:
    without = {
        f"{name} {action}".rstrip()
        for name, parser in all_parsers().items()
        for action, each in (actions_of(parser) or {"": parser}).items()
        if not any("--json" in flag.option_strings for flag in flags_of(each))
    }
    assert without == {"up", "edge", "admin", "auth", "schema", "completion"}
