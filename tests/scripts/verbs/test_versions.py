from __future__ import annotations

import pytest

from scripts.api_command import Mistake
from scripts.verbs.versions import number_of
from tests.support.weir_gateway import Gateway

pytestmark = pytest.mark.xdist_group("weir-api")

RULES = 'rule plum { when path == "/plum"; respond 200 "plum" }\n'


def test_the_history_is_listed_the_newest_first(gateway: Gateway) -> None:
    number = gateway.publish(RULES, "plums\nfor all")
    ran = gateway.weir.run("versions", "-n", "2")
    heading, first, _ = ran.out.splitlines()
    assert heading.split() == ["VERSION", "WHEN", "WHO", "OWNER", "MESSAGE"]
    assert first.startswith(f"    * {number}  ".lstrip()) or f"* {number}  " in first
    assert first.endswith("  plums")
    assert "for all" not in ran.out
    listed = gateway.weir.run("versions", "--json", "--owner", "api").json["items"]
    assert listed[0]["number"] == number
    assert all("api" in version["changed"] for version in listed if version["compared"])


def test_one_version_says_who_why_and_what(gateway: Gateway) -> None:
    number = gateway.publish(RULES, "plums\nfor all")
    out = gateway.weir.run("versions", str(number)).out
    assert out.startswith(f"version {number}, current, after ")
    assert "    plums\n    for all\n" in out
    assert f"+{RULES}1 added" in out
    assert gateway.weir.run("versions", str(number), "--json").json["differences"][0]["owner"] == "api"
    assert gateway.weir.run("versions", str(number), "--text").out == f"language 1\n\n{RULES}"


def test_two_versions_are_compared_in_the_order_given(gateway: Gateway) -> None:
    first = gateway.publish(RULES)
    second = gateway.publish(RULES.replace("plum", "prune"))
    forth = gateway.weir.run("versions", "diff", str(first), str(second))
    assert "+rule prune" in forth.out
    assert gateway.weir.run("versions", "diff", str(first)).out == forth.out
    assert "+rule plum" in gateway.weir.run("versions", "diff", str(second), str(first)).out
    same = gateway.weir.run("versions", "diff", str(first), str(first))
    assert (same.code, same.out) == (0, f"versions {first} and {first} have the same configuration\n")


def test_a_version_that_never_was_is_said(gateway: Gateway) -> None:
    ran = gateway.weir.run("versions", "999999")
    assert ran.code == 2
    assert "999999" in ran.err


@pytest.mark.parametrize("words", [["x"], ["diff"], ["1", "2"], ["diff", "1", "2", "3"], ["0"], ["-1"]])
def test_what_is_no_version_is_refused(gateway: Gateway, words: list[str]) -> None:
    assert gateway.weir.run("versions", *words).code == 2


def test_a_number_is_plain_digits() -> None:
    assert number_of("12") == 12
    with pytest.raises(Mistake):
        number_of("٣")
