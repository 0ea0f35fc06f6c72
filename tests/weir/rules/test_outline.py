"""The rules and blocks of a document."""

from __future__ import annotations

from weir.models.document import Group
from weir.models.rule_clauses import Log, Tag
from weir.rules.outline import blocks_of, clauses_of, rules_of
from weir.rules.parser import parse

DOCUMENT = parse("define d = any\nrule a { tag x }\ngroup g { tag y; rule b { log on } log off }").document


def test_rules_have_their_full_name_what_they_inherit_and_their_path() -> None:
    found = [(rule.name, rule.rule.name, rule.inherited, rule.path) for rule in rules_of(DOCUMENT)]
    assert found == [
        ("a", "a", (), "definitions[1]"),
        ("g/b", "b", (Tag(tags=("y",)), Log(on=False)), "definitions[2].members[1]"),
    ]


def test_a_group_hands_down_its_clauses_and_not_its_rules() -> None:
    group = DOCUMENT.definitions[2]
    assert isinstance(group, Group)
    assert clauses_of(group) == (Tag(tags=("y",)), Log(on=False))


def test_blocks_are_those_of_rules_and_of_groups() -> None:
    found = [(block.name, len(clauses), path) for block, clauses, path in blocks_of(DOCUMENT)]
    assert found == [
        ("a", 1, "definitions[1]"),
        ("g", 2, "definitions[2]"),
        ("b", 1, "definitions[2].members[1]"),
    ]
