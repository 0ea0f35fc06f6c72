"""A text that is known but for an edit says what it says when all of it is read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.edits import WORKING, histories
from weir.models.document import Document, Group
from weir.models.problem import Refused
from weir.rules import reparse
from weir.rules.bounds import MAX_TEXT
from weir.rules.parser import parse
from weir.rules.reparse import Read, places_of, read_again, read_first


def known(text: str) -> Read:
    return read_first(text)[0]


def again(before: str, after: str) -> Document:
    """Read as an edit; it must be possible, and what is read all at once."""
    found = read_again(known(before), after)
    assert found is not None
    assert found[0] == known(after)
    return found[0].document


@given(histories())
@settings(max_examples=150, deadline=None)
def test_after_any_edits_it_is_what_is_read_at_once(texts: list[str]) -> None:
    read = known(texts[0])
    for text in texts[1:]:
        found = read_again(read, text)
        if found is None:
            continue  # everything is read then; what is known stays
        now, change = found
        at_once, parsed = read_first(text)
        assert now == at_once
        kept = {id(definition) for definition in now.document.definitions} - set(map(id, change.added))
        assert kept | set(map(id, change.removed)) == set(map(id, read.document.definitions))
        nodes = _nodes(now.document, parsed.document)
        assert places_of(now, [path for path, _ in nodes]) == {
            path: parsed.positions.of(node) for path, node in nodes
        }
        read = now


def _nodes(document: Document, same: Document) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for index, (definition, twin) in enumerate(zip(document.definitions, same.definitions, strict=True)):
        assert definition == twin
        found.append((f"definitions[{index}]", twin))
        if isinstance(twin, Group):
            members = (each for each in enumerate(twin.members))
            found += ((f"definitions[{index}].members[{number}]", member) for number, member in members)
    return found


@given(st.text("ab\n", max_size=30), st.text("ab\n", max_size=30))
def test_what_two_texts_have_in_common(one: str, other: str) -> None:
    start = reparse._common_start(one, other)
    assert one[:start] == other[:start]
    assert one[start : start + 1] != other[start : start + 1] or start == len(one) == len(other)
    most = min(len(one), len(other)) - start
    end = reparse._common_end(one, other, most)
    assert one[len(one) - end :] == other[len(other) - end :]
    assert end == most or one[-1 - end] != other[-1 - end]


def test_only_the_lines_around_an_edit_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counting(text: str, start: int = 0, end: int | None = None):
        asked.append(text[start:end])
        return parse_part(text, start, end)

    parse_part = reparse.parse_part
    read = known(WORKING)
    monkeypatch.setattr(reparse, "parse_part", counting)
    assert read_again(read, WORKING.replace("respond 201", "respond 202")) is not None
    assert asked == ['rule f { when path under "/e"; respond 202 }\n']


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("rule a { respond 200 }\n", "rule a { respond 200 }\nrule b { respond 200 }\n"),
        ("rule a { respond 200 }", "rule a { respond 200 }\nrule b { respond 200 }"),
        ("rule b { respond 200 }\n", "# of b\nrule b { respond 200 }\n"),
        ("language 1\nrule b { respond 200 }\n", "language 1\n# of b\nrule b { respond 200 }\n"),
        ("rule a { respond 200 }\nrule b { respond 200 }\n", "rule b { respond 200 }\n"),
        ("rule a { respond 200 }\nrule b { respond 200 }\n", ""),
        ("", "rule b { respond 200 }\n"),
        ("rule a { respond 200 }\n", "rule a { respond 200 }\n# the end"),
        (
            "rule a { respond 200 }\nrule b { respond 200 }\n",
            "rule a { respond 200 }rule b { respond 200 }\n",
        ),
    ],
)
def test_at_the_ends_of_a_text(before: str, after: str) -> None:
    again(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "language 1\nrule a { respond 200 }\n",
            "rule b { respond 200 }\nlanguage 1\nrule a { respond 200 }\n",
        ),
        ("rule a { respond 200 }\n", "rule a { respond 200 }\nlanguage 1\n"),
        ("\ufeffrule a { respond 200 }\n", "rule b { respond 200 }\n\ufeffrule a { respond 200 }\n"),
        ("rule a { respond 200 }\n", "rule a { respond 200 }\n}\n"),
        (
            "rule a { respond 200 }\nrule b { respond 200 }\n",
            "rule a { respond 200 \nrule b { respond 200 }\n",
        ),
    ],
)
def test_what_reads_wrong_is_not_known(before: str, after: str) -> None:
    assert read_again(known(before), after) is None
    with pytest.raises(Refused):
        parse(after)


def test_a_condition_that_goes_on_behind_the_edit_is_not_known() -> None:
    before = "define a = any\nrule r { when a; respond 200 }\n"
    after = 'define a = any\nand host == "h"\nrule r { when a; respond 200 }\n'
    assert read_again(known(before), after) is None
    assert parse(after).document != parse(before).document


def test_a_text_above_the_bound_is_not_known() -> None:
    read = known("rule a { respond 200 }\n")
    assert read_again(read, read.text.ljust(MAX_TEXT)) is not None
    assert read_again(read, read.text.ljust(MAX_TEXT + 1)) is None
