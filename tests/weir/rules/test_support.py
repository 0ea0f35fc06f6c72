"""What has no engine yet is named, and nothing else."""

from __future__ import annotations

import pytest

from weir.models.document import Defaults, Rule, Upstream
from weir.rules.clauses.table import BY_PLACE
from weir.rules.parser import parse
from weir.rules.support import not_built
from weir.rules.syntax import Place


def feature(clause: str, place: str = "rule a") -> str:
    definition = parse(f"{place} {{ {clause} }}").document.definitions[0]
    assert isinstance(definition, Rule | Upstream | Defaults)
    return not_built(definition.clauses[0])


@pytest.mark.parametrize(
    ("clause", "name"),
    [
        ("require key or mtls", "require mtls"),
        ("require key or anonymous", ""),
        ("require none", ""),
        ("limit a", ""),
        ("limit 5 per 1s", ""),
        ("limit 5 per 1s by ip, consumer", ""),
        ("limit 5 per 1s by tag", ""),
        ("retry 1 on connect", ""),
        ("retry off", ""),
        ("compress gzip", ""),
        ("compress off", ""),
        ("mirror a", ""),
        ('set request header "X" = secret("a")', "secret(…)"),
        ('set request header "X" = "a"', ""),
        ("proxy a", ""),
        ('allow ip "::1"', ""),
        ("cors {}", ""),
    ],
)
def test_clauses_of_rules(clause: str, name: str) -> None:
    assert feature(clause) == name


@pytest.mark.parametrize(
    ("clause", "name"),
    [
        *(
            (f"balance {policy}", "")
            for policy in ("round_robin", "least_conn", "p2c", "hash(ip)", "hash(path)")
        ),
        ('balance hash(cookie("sid"))', ""),
        ("balance hash(consumer)", ""),
        ("tls verify off", "tls"),
    ],
)
def test_clauses_of_upstreams(clause: str, name: str) -> None:
    assert feature(clause, "upstream a") == name


@pytest.mark.parametrize("place", ["rule", "upstream", "defaults"])
def test_every_clause_is_built_or_named_by_a_word_that_a_person_wrote(place: Place) -> None:
    block = "defaults" if place == "defaults" else f"{place} a"
    for word, syntax in BY_PLACE[place].items():
        for example in syntax.examples:
            named = feature(example, block)
            assert named in ("", "secret(…)") or named.startswith(word)
