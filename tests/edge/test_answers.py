"""The table of the edge's own answers."""

from __future__ import annotations

import json

import pytest

from edge.answers import REASONS, STATUS_OF, TITLES, Refusal, problem


@pytest.mark.parametrize("code", sorted(STATUS_OF))
def test_every_code_has_a_problem(code: str) -> None:
    answer = problem(Refusal(code, "why"), "id-1")
    body = json.loads(answer.body)
    assert answer.status == STATUS_OF[code] == body["status"]
    assert (body["code"], body["detail"], body["request_id"]) == (code, "why", "id-1")
    assert body["title"] == TITLES[code]
    assert answer.status in REASONS


def test_titles_and_codes_are_the_same_set() -> None:
    assert set(TITLES) == set(STATUS_OF)


def test_the_upstream_s_causes_are_codes() -> None:
    from edge.upstream.errors import Cause

    assert {cause.value for cause in Cause} <= set(STATUS_OF)
