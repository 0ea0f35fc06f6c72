"""The check before a publish: the rules' own findings, and those that need the machinery of matching."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.support.documents import documents, moderate
from weir.models.document import Document
from weir.models.problem import Problem, errors_of
from weir.routing.table import RouteSet, Table
from weir.routing.validate import NOT_BUILT, validate
from weir.rules.defaults import settings
from weir.rules.parser import parse
from weir.rules.resolve import environment, routes

UPSTREAM = "upstream a { target http://127.0.0.1:1 }\n"


def problems_of(text: str) -> tuple[Problem, ...]:
    parsed = parse(UPSTREAM + text)
    return validate(parsed.document, parsed.positions)


def test_good_rules_have_no_problems() -> None:
    assert problems_of('rule r { when path under "/a"; proxy a }') == ()


def test_an_expression_that_is_none_is_an_error_at_its_rule() -> None:
    problems = problems_of('rule good { when any; proxy a }\nrule r { when path matches "("; proxy a }')
    assert [(one.severity, one.line) for one in problems] == [("error", 3)]


def test_too_many_alternatives_are_an_error() -> None:
    choice = '(path == "/{0}" or header("X") == "{0}")'
    condition = " and ".join(choice.replace("{0}", str(number)) for number in range(7))
    problems = problems_of(f"rule r {{ when {condition}; proxy a }}")
    assert [(one.code, one.severity) for one in problems] == [("bad-condition", "error")]


def test_a_group_that_is_a_rule_itself_has_a_place_too() -> None:
    problems = problems_of('group g { when path matches "("; proxy a }')
    assert [(one.severity, one.line) for one in problems] == [("error", 2)]


def test_a_rule_that_can_never_match_is_a_warning() -> None:
    text = 'rule first { when path under "/a"; proxy a }\nrule second { when path under "/a"; proxy a }'
    problems = problems_of(text)
    assert [(one.severity, one.line) for one in problems] == [("warning", 3)]
    assert 'rule "second"' in problems[0].message


def test_errors_of_the_rules_come_alone() -> None:
    problems = problems_of('rule r { when path matches "("; proxy nowhere }')
    assert {one.code for one in errors_of(problems)} == {"unknown-upstream"}


def test_what_is_not_built_does_not_hide_what_is_wrong() -> None:
    problems = problems_of('rule r { when path matches "("; require mtls; proxy a }')
    codes = {one.code for one in errors_of(problems)}
    assert NOT_BUILT in codes
    assert "bad-condition" in codes


def test_problems_come_in_the_order_of_their_places() -> None:
    problems = problems_of(
        'rule b { when path matches "("; proxy a }\nrule c { when host matches ")"; proxy a }'
    )
    assert [one.line for one in problems] == [2, 3]


@pytest.mark.parametrize("setting", ["on", "off"])
def test_paths_are_compared_as_the_document_says(setting: str) -> None:
    rules = 'rule r { when path == "//a"; proxy a }\nrule s { when path == "/a"; proxy a }'
    text = f"defaults {{ merge_slashes {setting} }}\n{rules}"
    overlaps = [one for one in problems_of(text) if one.severity == "warning"]
    assert bool(overlaps) is (setting == "on")


@moderate
@given(documents)
def test_what_passes_can_be_matched(document: Document) -> None:
    """Whatever is valid is a table; nothing makes the check fail in another way."""
    if errors_of(validate(document)):
        return
    found = routes(document.definitions, environment(document.definitions))
    merge_slashes = settings({"file": document.definitions}).merge_slashes
    Table.build([RouteSet("k", "file", found)], merge_slashes=merge_slashes)


@pytest.mark.parametrize(
    "clause",
    [
        'strip prefix "/%zz"',
        'replace prefix "/a" with "/%2"',
        'rewrite path "/%zz/{rest}"',
        'strip prefix "/%00"',
    ],
)
def test_a_path_that_could_not_be_sent_is_refused_before_the_workers_see_it(clause: str) -> None:
    text = f'rule r {{ when path like "/a/{{rest...}}"; {clause}; proxy http://127.0.0.1:1 }}'
    assert [problem.code for problem in errors_of(validate(*parse(text)))] == ["bad-path"]
