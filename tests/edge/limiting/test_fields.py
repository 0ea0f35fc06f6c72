from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from edge.limiting.fields import MAX_INTEGER, policy, sf_string, state

ITEM = rb'"(?:[ !#-\[\]-~]|\\["\\])*"(?:;[a-z]+=[0-9]{1,15})+'
"""A Structured Fields string with integer parameters (RFC 9651)."""


def test_a_policy_has_its_quota_and_its_window_in_seconds() -> None:
    assert policy("gold", 100, 60_000) == b'"gold";q=100;w=60'


def test_a_month_and_a_part_of_a_second_are_no_whole_number_of_seconds() -> None:
    assert policy("gold", 5, 0) == b'"gold";q=5'
    assert policy("gold", 5, 999) == b'"gold";q=5'
    assert policy("gold", 5, 1500) == b'"gold";q=5'
    assert policy("gold", 5, 1000) == b'"gold";q=5;w=1'
    assert policy("gold", 5, 2000) == b'"gold";q=5;w=2'


def test_what_is_left_is_never_below_zero_and_times_are_rounded_up() -> None:
    assert state(b'"gold"', -3, 0.2) == b'"gold";r=0;t=1'
    assert state(b'"gold"', 3, -1.0) == b'"gold";r=3;t=0'


def test_a_name_is_quoted() -> None:
    assert sf_string('a"b\\c\u00e9\n') == rb'"a\"b\\c??"'


@given(st.text(), st.integers(0, 10**18), st.integers(0, 10**15), st.floats(-1e9, 1e9))
def test_whatever_the_name_and_the_numbers_it_is_a_structured_field(
    name: str, count: int, window_ms: int, reset_s: float
) -> None:
    assert re.fullmatch(ITEM, policy(name, count, window_ms))
    assert re.fullmatch(ITEM, state(sf_string(name), count, reset_s))
    assert min(count, MAX_INTEGER) <= MAX_INTEGER
