"""The unified diff of two documents."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.support.document_pairs import document_pairs
from tests.support.documents import moderate
from weir.models.document import Document
from weir.rules import text_difference as module
from weir.rules.parser import parse
from weir.rules.printer import print_document
from weir.rules.text_difference import CUT, text_difference


def patched(text: str, difference: str) -> str:
    """What ``patch`` would make of it."""
    lines = text.split("\n")
    found: list[str] = []
    at = 0
    for line in difference.split("\n")[2:-1]:
        if line.startswith("@@"):
            start, count = (int(number) for number in line.split()[1][1:].split(","))
            begin = start - 1 if count else start
            found, at = found + lines[at:begin], begin
        elif line[0] == "+":
            found.append(line[1:])
        else:
            assert lines[at] == line[1:]
            found += [lines[at]] * (line[0] == " ")
            at += 1
    return "\n".join(found + lines[at:])


@given(document_pairs())
@settings(moderate, max_examples=25)
def test_applied_to_the_earlier_text_it_gives_the_later(pair: tuple[Document, Document]) -> None:
    before, after = (print_document(document) for document in pair)
    difference = text_difference(*pair)
    assert (difference == "") == (before == after)
    if difference:
        assert patched(before, difference) == after


def many(changed: int = -1) -> Document:
    rules = (
        f'rule r{number} {{ when path == "/{number}"; respond {201 if number == changed else 200} }}\n'
        for number in range(1_000)
    )
    return parse("".join(rules)).document


def test_in_a_large_document_only_the_surroundings_of_a_change_are_printed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, after = many(), many(500)
    printed = []
    whole = module.print_definition
    monkeypatch.setattr(module, "print_definition", lambda each: printed.append(each) or whole(each))
    difference = text_difference(before, after, "version 1", "version 2")
    assert len(printed) < 30
    assert difference.splitlines()[:2] == ["--- version 1", "+++ version 2"]
    assert "@@ rule r500" in difference
    assert '-rule r500 { when path == "/500"; respond 200 }' in difference
    assert '+rule r500 { when path == "/500"; respond 201 }' in difference


def test_a_long_difference_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_TEXT", 1_000)
    difference = text_difference(Document(), many())
    assert len(difference) < 1_100
    assert difference.splitlines()[-1] == CUT
