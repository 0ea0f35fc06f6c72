"""``weir apply`` against a running gateway."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.typed import at_a_terminal
from tests.support.weir_gateway import Gateway
from weir.rules.json_form import to_json
from weir.rules.parser import parse

pytestmark = pytest.mark.xdist_group("weir-api")

RULES = 'rule pear { when path == "/pear"; respond 200 "pear" }\n'
OTHER = 'rule pear { when path == "/pear"; respond 200 "other" }\n'


def test_what_changes_is_shown_and_served_by_every_node_when_it_ends(gateway: Gateway, written: Path) -> None:
    written.write_text(RULES)
    ran = gateway.weir.run("apply", str(written), "--yes", "-m", "pears")
    assert ran.code == 0, ran
    assert '+rule pear { when path == "/pear"; respond 200 "pear" }' in ran.out
    assert "1 added\npublished as version " in ran.out
    assert gateway.up.get("/pear") == (200, "pear")
    assert gateway.client.versions.list().items[0].message == "pears"


def test_what_is_there_already_is_not_published_again(gateway: Gateway, written: Path) -> None:
    written.write_text(RULES)
    number = gateway.publish(RULES)
    ran = gateway.weir.run("apply", str(written))
    assert (ran.code, ran.out) == (0, f"no difference\nnothing changes: version {number} has it already\n")


def test_a_dry_run_changes_nothing(gateway: Gateway, written: Path) -> None:
    written.write_text(RULES)
    before = gateway.client.config.text().etag
    ran = gateway.weir.run("apply", str(written), "--dry-run", "--json")
    assert (ran.code, ran.json["outcome"], ran.json["difference"]["added"]) == (0, "dry-run", 1)
    assert gateway.client.config.text().etag == before


def test_standard_input_and_the_json_form_will_do(gateway: Gateway) -> None:
    ran = gateway.weir.run("apply", "-", "--yes", "--json", stdin=to_json(parse(RULES).document).decode())
    assert (ran.code, ran.json["outcome"]) == (0, "published")
    assert "1 added" in ran.err


def test_where_nobody_can_be_asked_nothing_is_published(gateway: Gateway, written: Path) -> None:
    written.write_text(RULES)
    ran = gateway.weir.run("apply", str(written))
    assert ran.code == 2
    assert ran.err == (
        "weir apply: there is no terminal to ask at; --yes publishes without asking, --dry-run only shows\n"
    )
    assert "pear" not in gateway.client.config.text().text


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("", 1)])
def test_at_a_terminal_it_asks(gateway: Gateway, written: Path, answer: str, code: int) -> None:
    written.write_text(RULES)
    seen = at_a_terminal(["apply", str(written)], [("Publish this? [y/N]", answer)], gateway.weir.variables)
    assert seen.code == code, seen.screen
    assert ("pear" in gateway.client.config.text().text) is (code == 0)


def test_who_was_slower_is_told_who_won_and_what_changed(gateway: Gateway, written: Path) -> None:
    written.write_text(RULES)
    tag = gateway.client.config.text().etag
    number = gateway.publish(OTHER, "I was first")
    ran = gateway.weir.run("apply", str(written), "--yes", "--if-match", tag)
    assert ran.code == 4
    assert f"published version {number} " in ran.err
    assert ': "I was first"' in ran.err
    assert '+rule pear { when path == "/pear"; respond 200 "other" }' in ran.err


def test_every_error_comes_with_its_place_in_the_file(gateway: Gateway, written: Path) -> None:
    written.write_text("rule a { when any; proxy nowhere }\nrule b { when any; proxy nowhere }\n")
    ran = gateway.weir.run("apply", str(written), "--yes")
    assert ran.code == 2
    first, *places = ran.err.splitlines()
    assert first == "weir apply: The configuration has 2 errors."
    assert [line.partition(": no upstream")[0] for line in places] == [f"{written}:1:26", f"{written}:2:26"]


def test_a_file_that_is_not_there_is_a_sentence(gateway: Gateway) -> None:
    ran = gateway.weir.run("apply", "nowhere.weir", "--yes")
    assert (ran.code, ran.err) == (2, "weir apply: cannot read nowhere.weir: No such file or directory\n")


def test_a_viewer_may_not(gateway: Gateway, written: Path) -> None:
    written.write_text(RULES)
    token = gateway.weir.run("token", "create", "looker").out.strip()
    ran = gateway.weir.run("apply", str(written), "--yes", "--token", token)
    assert ran.code == 2
    assert "weir status says who you are" in ran.err
    assert token not in ran.err
