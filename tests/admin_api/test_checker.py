"""Checks of drafts: whole ones, and edits of what was good."""

from __future__ import annotations

import contextlib
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_api import checker as module
from admin_api.checker import Checker, Drafted, checkers, warnings_of
from admin_api.problems import Refusal
from tests.support.documents import moderate
from tests.support.edits import histories
from weir.models.document import Document
from weir.models.problem import Refused, errors_of
from weir.routing.validate import validate
from weir.rules.json_form import from_json, to_json
from weir.rules.parser import parse


def errors(checker: Checker, draft: Document | str) -> tuple[object, ...]:
    try:
        checker.check(draft)
    except Refused as refused:
        return refused.problems
    return ()


def expected(draft: Document | str) -> tuple[object, ...]:
    try:
        return (
            errors_of(validate(*parse(draft.removeprefix("\ufeff"))))
            if isinstance(draft, str)
            else errors_of(validate(draft))
        )
    except Refused as refused:
        return refused.problems


@given(histories(), st.lists(st.booleans(), min_size=9, max_size=9))
@moderate
def test_the_errors_of_every_edit_are_those_of_a_whole_check(texts: list[str], as_json: list[bool]) -> None:
    checker = Checker()
    for text, is_json in zip(texts, as_json, strict=False):
        draft: Document | str = text
        if is_json:
            with contextlib.suppress(Refused):
                draft = from_json(to_json(parse(text).document))
        assert errors(checker, draft) == expected(draft)


def test_an_edit_is_not_checked_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    checker = Checker()
    rules = "".join(f"rule r{number} {{ respond 200 }}\n" for number in range(50))
    checker.check(rules)
    monkeypatch.setattr(module, "errors_in", lambda *_: pytest.fail("all of it was checked"))
    monkeypatch.setattr(module, "read_first", lambda *_: pytest.fail("all of it was read"))
    assert len(checker.check(rules + "rule more { respond 200 }").document.definitions) == 51


def test_a_large_text_is_checked_in_a_thread_with_the_same_result() -> None:
    rules = "".join(f"rule r{number} {{ respond 200 }}\n" for number in range(1_000))
    assert len(rules) > module.SMALL_TEXT
    assert len(Checker().check(rules).document.definitions) == 1_000
    with pytest.raises(Refused, match="no upstream"):
        Checker().check(rules + "rule bad { proxy nobody }")


def test_who_waits_too_long_for_others_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_S", 0.05)
    checker = Checker()
    with checker.alone():
        refused: list[Refusal] = []

        def other() -> None:
            try:
                with checker.alone():
                    pass
            except Refusal as refusal:
                refused.append(refusal)

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert [(each.status, each.code) for each in refused] == [(503, "busy")]
    with checker.alone():
        pass


def test_each_owner_has_its_own() -> None:
    assert set(checkers()) == {"file", "api", "k8s"}


def test_warnings_are_given_up_in_large_documents_and_found_where_time_is_given() -> None:
    rules = "".join(
        f'rule r{number} {{ when path == "/{number}"; respond 200 }}\n' for number in range(1_600)
    )
    drafted = Drafted(parse(rules + "upstream idle { target http://127.0.0.1:1 }").document)
    assert warnings_of(drafted) == ((), True)
    found = warnings_of(drafted, None)
    assert ([problem.code for problem in found.problems], found.cut) == (["unused"], False)


def test_a_search_for_warnings_ends_when_its_time_is_over() -> None:
    drafted = Drafted(parse("upstream idle { target http://127.0.0.1:1 }").document)
    assert warnings_of(drafted, 0.0) == ((), True)
