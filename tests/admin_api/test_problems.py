from __future__ import annotations

import msgspec
import pytest

from admin_api.problems import Refusal, of_input, place_of, refusal_of
from weir.models.problem import Problem, Refused


def test_a_place_is_counted_in_characters_from_one() -> None:
    assert place_of(b"ab\ncd", 4) == (2, 2)
    assert place_of("é\né".encode(), 3) == (2, 1)
    assert place_of(b"", 0) == (1, 1)


def test_one_error_is_said_as_one() -> None:
    refusal = refusal_of(Refused([Problem(code="x", message="y")]))
    assert refusal is not None
    assert refusal.answer.detail == "The configuration has one error."


def test_warnings_are_told_but_not_counted() -> None:
    warning = Problem(code="w", message="w", severity="warning")
    refusal = refusal_of(Refused([warning, Problem(code="x", message="y")]))
    assert refusal is not None
    assert (refusal.answer.detail, len(refusal.answer.errors)) == ("The configuration has one error.", 2)


def test_a_fault_of_ours_is_no_refusal() -> None:
    assert refusal_of(KeyError("x")) is None


def test_every_status_has_a_title() -> None:
    for status in (400, 401, 403, 404, 409, 412, 413, 415, 421, 422, 428, 429, 500, 503):
        assert Refusal(status, "c", "d").answer.title


def test_a_field_is_named_with_the_place_it_is_in() -> None:
    class Inner(msgspec.Struct, forbid_unknown_fields=True):
        name: str

    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(b'{"a": [{"name": "x", "nam": 1}]}', type=dict[str, list[Inner]])
    refusal = of_input(caught.value)
    assert refusal.code == "unknown-field"
    assert refusal.answer.errors[0].path == "[...][0].nam"
