"""What the edge does with a header name."""

from __future__ import annotations

import pytest

from edge.http.names import MAX_KNOWN, MAX_KNOWN_BYTES, Role, request_names, response_names


@pytest.mark.parametrize(
    ("name", "role"),
    [
        (b"Accept", Role.ORDINARY),
        (b"X_Custom", Role.ORDINARY),
        (b"HOST", Role.HOST),
        (b"Content_Length", Role.REFUSED),
        (b"transfer_encoding", Role.REFUSED),
        (b"X-Forwarded-For", Role.FORWARDED),
        (b"X_Forwarded_For", Role.DROPPED),
        (b"X-Weir-Consumer", Role.DROPPED),
        (b"x_weir_scopes", Role.DROPPED),
        (b"TE", Role.ACCEPTS),
        (b"Keep-Alive", Role.DROPPED),
    ],
)
def test_a_request_name_has_its_role(name: bytes, role: int) -> None:
    table = request_names()
    assert table[name] == (name.lower(), role)
    assert table[name] == (name.lower(), role)


def test_a_response_may_say_what_only_requests_must_not() -> None:
    assert response_names()[b"X-Weir-Consumer"] == (b"x-weir-consumer", Role.ORDINARY)
    assert response_names()[b"Host"] == (b"host", Role.ORDINARY)


def test_invented_names_are_remembered_up_to_the_bound() -> None:
    table = request_names()
    for number in range(MAX_KNOWN + 10):
        assert table[b"X-%d" % number] == (b"x-%d" % number, Role.ORDINARY)
    assert len(table) == MAX_KNOWN


@pytest.mark.parametrize(("length", "kept"), [(MAX_KNOWN_BYTES, 1), (MAX_KNOWN_BYTES + 1, 0)])
def test_long_names_are_understood_but_not_remembered(length: int, kept: int) -> None:
    table = request_names()
    assert table[b"X" * length] == (b"x" * length, Role.ORDINARY)
    assert len(table) == kept
