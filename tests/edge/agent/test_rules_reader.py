"""A rules file read at every edit comes to what it comes to when it is read at once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from edge.agent import rules_reader
from edge.agent.rules_reader import RulesReader, warnings_of
from edge.versions.rules_file import read_rules
from tests.support.edits import WORKING, histories
from weir.models.problem import Problem, Refused
from weir.store.chunks import EncodedChunk, split

MANY = "".join(f'rule r{number} {{ when path == "/{number}"; respond 200 }}\n' for number in range(300))


def read(
    reader: RulesReader, text: str
) -> tuple[tuple[EncodedChunk, ...], tuple[Problem, ...]] | list[Problem]:
    """Chunks and warnings, or the errors."""
    try:
        rules = reader.read(text.encode())
    except Refused as refused:
        return list(refused.problems)
    warnings = warnings_of(rules.read, lambda: True)
    assert warnings is not None
    return rules.chunks, warnings


def read_at_once(text: str) -> tuple[tuple[EncodedChunk, ...], tuple[Problem, ...]] | list[Problem]:
    try:
        checked = read_rules(text.encode())
    except Refused as refused:
        return list(refused.problems)
    return split(checked.document), checked.warnings


@given(histories())
@settings(max_examples=60, deadline=None)
def test_after_any_edits_it_is_what_it_is_by_itself(texts: list[str]) -> None:
    reader = RulesReader()
    for text in texts:
        assert read(reader, text) == read_at_once(text)


def test_after_an_error_the_last_good_content_is_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = RulesReader()
    read(reader, WORKING)
    assert isinstance(read(reader, WORKING.replace("proxy u }", "proxy w }")), list)
    monkeypatch.setattr(rules_reader, "read_first", None)
    assert not isinstance(read(reader, WORKING.replace("respond 201", "respond 202")), list)


def test_what_is_no_text_is_refused() -> None:
    assert [problem.code for problem in refused(b"# fine\n\xff").problems] == ["not-utf8"]


def test_a_chunk_above_the_bound_is_refused() -> None:
    value = "x" * 65_000
    clauses = "".join(f'set response header "X-{number}" = "{value}"\n' for number in range(300))
    problems = refused(f"rule r {{\nrespond 200\n{clauses}}}".encode()).problems
    assert [problem.code for problem in problems] == ["too-large"]


def refused(content: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        RulesReader().read(content)
    return caught.value


def test_who_wants_no_warnings_any_more_waits_for_none() -> None:
    asked: list[int] = []

    def is_wanted() -> bool:
        asked.append(1)
        return len(asked) < 10

    assert warnings_of(RulesReader().read(MANY.encode()).read, is_wanted) is None
    assert len(asked) == 10
