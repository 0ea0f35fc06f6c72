"""Dictionaries of structured fields, held to the parser of the field's author."""

from __future__ import annotations

import string
from decimal import Decimal
from typing import Any

import http_sf
import pytest
from http_sf import Token
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.auth.signatures.structured import (
    MAX_PARAMETERS,
    Malformed,
    byte_sequences,
    inner_lists,
    parameters,
)

KEYS = st.from_regex(r"\A[a-z*][a-z0-9_.*-]{0,8}\Z")
BARE = st.one_of(
    st.text(string.printable[:95], max_size=12),
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.decimals(-(10**12) + 1, 10**12 - 1, places=2).map(Decimal),
    st.booleans(),
    st.binary(max_size=12),
    st.from_regex(r"\A[A-Za-z*][A-Za-z0-9:/!#$%&'*+.^_`|~-]{0,8}\Z").map(Token),
)
PARAMETERS = st.dictionaries(KEYS, BARE, max_size=4)
LISTS = st.tuples(st.lists(st.tuples(BARE, PARAMETERS), max_size=5), PARAMETERS)


@settings(max_examples=60)
@given(st.dictionaries(KEYS, LISTS, min_size=1, max_size=4))
def test_whatever_the_author_writes_is_read(members: dict[str, Any]) -> None:
    found = inner_lists(http_sf.ser(members).encode(), 4)
    for key, member in members.items():
        components, params = found[key]
        assert (components + params).decode() == http_sf.ser([member])
        assert list(parameters(params)) == list(member[1])


@settings(max_examples=150)
@given(st.text('abz=("x\\!k");,:?+10.-A* \t%@', max_size=24), st.sampled_from(["", "a=(", 'a=("b" ', "a=()"]))
def test_nothing_is_read_that_the_author_refuses(text: str, begin: str) -> None:
    field = (begin + text).encode()
    try:
        found = inner_lists(field, 8)
    except Malformed:
        return
    members: Any = http_sf.parse(field, tltype="dictionary")
    assert list(members) == list(found)
    for key, (_, params) in found.items():
        assert len(parameters(params)) == len(members[key][1])


@settings(max_examples=60)
@given(st.dictionaries(KEYS, st.tuples(st.binary(max_size=40), PARAMETERS), min_size=1, max_size=4))
def test_byte_sequences_are_read(members: dict[str, Any]) -> None:
    found = byte_sequences(http_sf.ser(members).encode(), 4)
    assert {key: f":{value.decode()}:" for key, value in found.items()} == {
        key: http_sf.ser(member[0]) for key, member in members.items()
    }


@pytest.mark.parametrize(
    "field",
    [
        b"a",
        b"a=1",
        b"A=()",
        b"a=()b=()",
        b"a=(),",
        b",a=()",
        b"a=(),,b=()",
        b"a=(1(2))",
        b"a=(1,2)",
        b"a=(\t1)",
        b'a=("\x00")',
        b'a=("\xc3\xa9")',
        b'a=("\\n")',
        b"a=(1234567890123456)",
        b"a=(1.2345)",
        b"a=(1234567890123.1)",
        b"a=(1.)",
        b"a=(-)",
        b"a=(?2)",
        b"a=();=1",
        b"a=();B=1",
        b"a=() ;b",
        b"a=(\n)",
    ],
)
def test_what_is_refused(field: bytes) -> None:
    with pytest.raises(Malformed):
        inner_lists(field, 8)


def test_blanks_where_they_may_stand() -> None:
    assert inner_lists(b'  a=(  "x"  1  );  b=1 \t,\t c=()  ', 8) == {
        "a": (b'(  "x"  1  )', b";  b=1"),
        "c": (b"()", b""),
    }
    assert inner_lists(b"", 8) == {}


def test_as_many_parameters_as_allowed_and_no_more() -> None:
    text = b"".join(b";a%d" % number for number in range(MAX_PARAMETERS))
    assert len(parameters(text)) == MAX_PARAMETERS
    with pytest.raises(Malformed, match="more than"):
        parameters(text + b";b")
    with pytest.raises(Malformed, match="twice"):
        parameters(b";a;a")


def test_as_many_members_as_allowed_and_no_more() -> None:
    assert len(inner_lists(b"a=(), b=()", 2)) == 2
    with pytest.raises(Malformed, match="more than 1 members"):
        inner_lists(b"a=(), b=()", 1)
    with pytest.raises(Malformed, match="a stands twice"):
        byte_sequences(b"a=:AA==:, a=:AA==:", 8)
