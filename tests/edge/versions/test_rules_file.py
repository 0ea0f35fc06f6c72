"""A rules file becomes a document, or everything that is wrong with it."""

from __future__ import annotations

import pytest

from edge.versions import rules_file
from edge.versions.rules_file import FileTooLarge, read_file, read_rules
from weir.models.problem import Refused

GOOD = b'rule a { when path == "/a"; respond 200 "one" }'


def test_a_good_file_is_a_document():
    checked = read_rules(GOOD)
    assert [definition.name for definition in checked.document.definitions] == ["a"]
    assert checked.warnings == ()


def test_an_empty_file_is_an_empty_document():
    assert read_rules(b"").document.definitions == ()


def test_a_byte_order_mark_is_no_error():
    assert read_rules(b"\xef\xbb\xbf" + GOOD).document == read_rules(GOOD).document


def test_warnings_do_not_forbid():
    checked = read_rules(GOOD + b'\nrule b { when path == "/a"; respond 200 "two" }')
    assert [warning.severity for warning in checked.warnings] == ["warning"] * len(checked.warnings) != []


def test_all_errors_are_told_with_their_places():
    with pytest.raises(Refused) as caught:
        read_rules(
            b'rule a { when path == "/a"; proxy nowhere }\nrule b { when path == "/b"; proxy neither }'
        )
    assert [(problem.line, problem.code) for problem in caught.value.problems] == [
        (1, "unknown-upstream"),
        (2, "unknown-upstream"),
    ]


def test_bytes_that_are_no_text_have_a_place_too():
    with pytest.raises(Refused) as caught:
        read_rules(b"# fine\n# \xff")
    problem = caught.value.problems[0]
    assert (problem.code, problem.line, problem.column) == ("not-utf8", 2, 3)


def test_a_file_of_the_largest_size_is_read_and_a_larger_one_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(rules_file, "MAX_SIZE", 3)
    path = tmp_path / "rules.weir"
    path.write_text("one")
    assert read_file(path) == b"one"
    path.write_text("four")
    with pytest.raises(FileTooLarge):
        read_file(path)
