"""Which clauses stand for each other."""

from __future__ import annotations

import pytest

from weir.models.document import Rule
from weir.models.rule_clauses import Log, RuleClause, Tag, Timeout
from weir.rules.inherit import inherit, kind_of, last, merged_timeout
from weir.rules.parser import parse


def clause(text: str) -> RuleClause:
    rule = parse(f"rule a {{ {text} }}").document.definitions[0]
    assert isinstance(rule, Rule)
    return rule.clauses[0]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("proxy a", 'redirect "/"', True),
        ("proxy a", 'proxy by path { "/" -> a }', True),
        ("limit a", "limit 5 per 1s", True),
        ('strip prefix "/a"', 'rewrite path "/b"', True),
        ('set request header "X" = "a"', 'remove request header "x"', True),
        ('set request header "X" = "a"', 'set response header "X" = "a"', False),
        ('set request header "X" = "a"', 'set request header "Y" = "a"', False),
        ("max body 1KiB", "max head 1KiB", False),
        ("when any", "priority 1", False),
        ('allow ip "::1"', 'deny ip "::1"', False),
        ("tag a", "tag b", True),
    ],
)
def test_clauses_of_one_kind(one: str, other: str, same: bool) -> None:
    assert (kind_of(clause(one)) == kind_of(clause(other))) == same


def test_own_clauses_come_last_and_replace_their_kind_except_timeouts() -> None:
    outer = (Tag(tags=("a",)), Timeout(try_ms=1), Log(on=True))
    own = (Timeout(total_ms=2), Log(on=False))
    assert inherit(outer, own) == (outer[0], outer[1], own[0], own[1])
    assert inherit(outer, ()) == outer
    assert inherit((), own) == own


def test_the_last_of_a_class_has_the_last_word() -> None:
    assert last((Log(on=True), Tag(tags=()), Log(on=False)), Log) == Log(on=False)
    assert last((Log(on=True),), Tag) is None


def test_timeouts_merge_part_by_part() -> None:
    assert merged_timeout([]) is None
    merged = merged_timeout([Timeout(connect_ms=1, try_ms=2), Timeout(try_ms=3, idle_ms=4)])
    assert merged == Timeout(connect_ms=1, try_ms=3, idle_ms=4)
