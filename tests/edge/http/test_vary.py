"""Vary says each thing once."""

from __future__ import annotations

import pytest

from edge.http.head import Field
from edge.http.vary import with_vary

OURS: Field = (b"vary", b"Vary", b"Origin")


@pytest.mark.parametrize(
    ("there", "added"),
    [
        ([], True),
        ([b"Accept"], True),
        ([b"X-Origin"], True),
        ([b"origin"], False),
        ([b"Accept,\tORIGIN , X"], False),
        ([b"Accept", b"*"], False),
    ],
)
def test_a_name_is_added_where_nobody_said_it(there: list[bytes], added: bool) -> None:
    fields: list[Field] = [(b"vary", b"Vary", value) for value in there]
    assert with_vary(fields, b"Origin") == ([*fields, OURS] if added else fields)


def test_the_fields_given_are_not_changed() -> None:
    fields: list[Field] = []
    with_vary(fields, b"Origin")
    assert fields == []
