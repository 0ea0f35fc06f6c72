"""What two documents differ in."""

from __future__ import annotations

import time

import msgspec
import pytest
from hypothesis import given, settings

from tests.support.document_pairs import document_pairs
from tests.support.documents import moderate
from weir.models.document import Document
from weir.rules import difference
from weir.rules.difference import changes
from weir.rules.parser import parse

AFTER = (("e", 200), ("b", 201), ("new", 200), ("c", 200), ("d", 200))


def told(before: str, after: str) -> list[tuple[str, str, str]]:
    found = changes(parse(before).document, parse(after).document)
    return [(change.change, change.kind, change.name) for change in found.listed]


@given(document_pairs())
@settings(moderate, max_examples=25)
def test_nothing_is_listed_exactly_if_the_documents_are_equal(pair: tuple[Document, Document]) -> None:
    found = changes(*pair)
    assert bool(found.listed) == (pair[0] != pair[1])
    assert sum(found.counts.values()) == len(found.listed) + found.left_out
    back = changes(*reversed(pair)).counts
    assert (found.counts["added"], found.counts["removed"]) == (back["removed"], back["added"])


def test_added_removed_changed_and_moved_are_told_apart_with_removals_last() -> None:
    before = "".join(f"rule {name} {{ respond 200 }}\n" for name in "abcde")
    after = "".join(f"rule {name} {{ respond {status} }}\n" for name, status in AFTER)
    assert told(before, after) == [
        ("moved", "rule", "e"),
        ("changed", "rule", "b"),
        ("added", "rule", "new"),
        ("removed", "rule", "a"),
    ]


def test_a_rule_in_a_group_has_its_full_name_and_the_group_itself_is_not_told() -> None:
    before = 'group g { when host == "a"; rule x { respond 200 }; rule y { respond 200 } }'
    after = before.replace("x { respond 200", "x { respond 202")
    assert told(before, after) == [("changed", "rule", "g/x")]


def test_a_clause_of_a_group_is_a_change_of_the_group() -> None:
    before = 'group g { when host == "a"; rule x { respond 200 } }'
    assert told(before, before.replace('"a"', '"b"')) == [("changed", "group", "g")]
    found = changes(parse(before).document, parse(before.replace('"a"', '"b"')).document)
    assert "rule x" not in found.listed[0].after


def test_where_clauses_stand_among_the_rules_of_a_group_counts() -> None:
    before = 'group g { when host == "a"; rule x { respond 200 } }'
    after = 'group g { rule x { respond 200 }; when host == "a" }'
    assert told(before, after) == [("changed", "group", "g")]


def test_comments_of_the_document_are_a_change_of_no_definition() -> None:
    assert told("# one\nlanguage 1\nrule a { respond 200 }", "# two\nlanguage 1\nrule a { respond 200 }") == [
        ("changed", "comments", "")
    ]


def test_a_change_shows_both_texts() -> None:
    found = changes(parse("limit a { 5 per 1s }").document, parse("limit a { 6 per 1s }").document)
    assert (found.listed[0].before, found.listed[0].after) == ("limit a { 5 per 1s }", "limit a { 6 per 1s }")


def test_no_more_changes_are_listed_than_the_bound_and_the_rest_is_counted() -> None:
    rules = "".join(f"rule r{number} {{ respond 200 }}\n" for number in range(difference.MOST_CHANGES + 7))
    found = changes(Document(), parse(rules).document)
    assert (len(found.listed), found.left_out, found.counts["added"]) == (1_000, 7, 1_007)


def test_no_more_text_is_shown_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(difference, "MOST_CHARACTERS", 50)
    rules = "".join(f"rule {name} {{ respond 200 }}\n" for name in "abc")
    found = changes(Document(), parse(rules).document)
    assert (len(found.listed), found.left_out) == (2, 1)


def test_one_long_definition_is_cut() -> None:
    long = parse(f'rule a {{ respond 200 "{"x" * 65_530}" }}').document
    assert len(changes(Document(), long).listed[0].after) == difference.MOST_OF_ONE + 1


def test_one_change_among_ten_thousand_rules_costs_little() -> None:
    rules = "".join(
        f'rule r{number} {{ when path == "/{number}"; respond 200 }}\n' for number in range(10_000)
    )
    before = parse(rules).document
    after = msgspec.json.decode(msgspec.json.encode(before), type=Document)
    changed = msgspec.structs.replace(after, definitions=after.definitions[:-1])
    began = time.process_time()
    assert len(changes(before, changed).listed) == 1
    assert time.process_time() - began < 2.0  # 0.05 s is the aim; a slow machine has room
