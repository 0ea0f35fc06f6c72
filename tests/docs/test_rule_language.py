"""Every example in the page about the rule language does what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from weir.models.problem import Refused, errors_of
from weir.routing.validate import validate
from weir.rules.page import page
from weir.rules.parser import parse
from weir.rules.printer import print_document

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(weir[a-z -]*|text)\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCKS = [
    (kind, text) for kind, text in BLOCK.findall((DOCS / "rule-language.md").read_text(encoding="utf-8"))
]


def examples(kind: str) -> list[str]:
    return [text for found, text in BLOCKS if found == kind]


@pytest.mark.parametrize("text", examples("weir"))
def test_an_example_can_be_published(text: str) -> None:
    assert errors_of(validate(*parse(text))) == ()


@pytest.mark.parametrize("text", [*examples("weir"), *examples("weir not-built")])
def test_an_example_keeps_its_meaning_in_canonical_form(text: str) -> None:
    document = parse(text).document
    assert parse(print_document(document)).document == document


@pytest.mark.parametrize("text", examples("weir not-built"))
def test_what_is_not_built_is_refused_and_nothing_else_is_wrong(text: str) -> None:
    errors = errors_of(validate(*parse(text)))
    assert errors
    assert {problem.code for problem in errors} == {"not-built"}


def test_the_errors_shown_are_the_errors_given() -> None:
    (wrong,), (shown,) = examples("weir wrong"), examples("text")
    with pytest.raises(Refused) as refused:
        parse(wrong)
    assert [problem.text("example.weir") for problem in refused.value.problems] == shown.splitlines()


def test_there_are_as_many_examples_as_the_page_had_when_it_was_read_last() -> None:
    assert len(examples("weir")) >= 8


def test_the_reference_is_what_the_code_says() -> None:
    assert (DOCS / "rule-reference.md").read_text(encoding="utf-8") == page()
