"""Differences as the API words them."""

from __future__ import annotations

from admin_api.differences import difference_of, text_of
from weir.api.changes import Difference
from weir.rules.parser import parse


def test_counts_changes_and_text_belong_together() -> None:
    before = parse("rule a { respond 200 }\nrule b { respond 200 }").document
    after = parse("rule b { respond 201 }\nrule c { respond 200 }").document
    found = difference_of(before, after, "one", "two")
    assert (found.added, found.removed, found.changed, found.moved, found.left_out) == (1, 1, 1, 0, 0)
    assert [(each.change, each.kind, each.name) for each in found.changes] == [
        ("changed", "rule", "b"),
        ("added", "rule", "c"),
        ("removed", "rule", "a"),
    ]
    assert found.text == text_of(before, after, "one", "two")
    assert found.text.startswith("--- one\n+++ two\n")


def test_equal_documents_differ_in_nothing() -> None:
    document = parse("".join(f"rule r{number} {{ respond 200 }}\n" for number in range(300))).document
    assert difference_of(document, document, "a", "b") == Difference()
    assert text_of(document, document, "a", "b") == ""
