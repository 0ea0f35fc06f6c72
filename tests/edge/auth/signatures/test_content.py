"""A body is held to its Content-Digest."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.auth.signatures.content import MAX_BYTES, BodyCheck, read_digests
from edge.auth.signatures.declared import BadSignature
from tests.support.signed import digest_of

BODY = b'{"hello": "world"}'


class Another(Exception):
    pass


def _check(body: bytes = BODY, *algorithms: str) -> BodyCheck:
    field = ", ".join(digest_of(body, each) for each in algorithms or ("sha-256",))
    return BodyCheck(read_digests(field.encode()), Another)


def test_the_example_of_the_rfc() -> None:
    """RFC 9530, appendix B: both digests of the same content."""
    field = (
        b"sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:, "
        b"sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
    )
    digests = read_digests(field)
    assert list(digests) == ["sha-256", "sha-512"]
    BodyCheck(digests, Another).add(BODY, last=True)


def test_pieces_are_the_same_as_the_whole() -> None:
    check = _check(BODY, "sha-256", "sha-512")
    for byte in BODY[:-1]:
        check.add(bytes([byte]), last=False)
    check.add(BODY[-1:], last=True)
    check.add(b"", last=True)


@pytest.mark.parametrize("body", [b"", BODY[:-1], BODY + b" ", b'{"hello": "worle"}'])
def test_another_body_does_not_end(body: bytes) -> None:
    check = _check()
    check.add(body, last=False)
    with pytest.raises(Another):
        check.add(b"", last=True)


def test_one_wrong_digest_of_two_is_enough() -> None:
    field = f"{digest_of(BODY)}, {digest_of(b'another', 'sha-512')}"
    with pytest.raises(Another):
        BodyCheck(read_digests(field.encode()), Another).add(BODY, last=True)


@pytest.mark.parametrize(
    ("field", "says"),
    [
        (b"", "neither"),
        (b"md5=:AAAA:", "neither"),
        (b"SHA-256=:AAAA:", "cannot be read"),
        (b"sha-256", "cannot be read"),
        (b'sha-256="AAAA"', "cannot be read"),
        (b"sha-256=(:AAAA:)", "cannot be read"),
        (b"sha-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=", "cannot be read"),
        (b"sha-256=:AAAA:, sha-256=:BBBB:", "twice"),
        (b"sha-256=:A:", "not base64"),
        (b"sha-256=:AAAAA===:", "cannot be read"),
        (b", ".join(b"a%d=:AA==:" % number for number in range(9)), "more than 8"),
        (b" " * (MAX_BYTES + 1), "at most"),
    ],
)
def test_what_is_no_digest_is_refused(field: bytes, says: str) -> None:
    with pytest.raises(BadSignature, match=says):
        read_digests(field)


def test_digests_that_are_not_known_are_left_alone() -> None:
    assert list(read_digests(f"crc32c=:AAAAAA==:, unixsum=:AA==:, {digest_of(BODY)}".encode())) == ["sha-256"]


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=4), st.integers(0, 299))
def test_no_change_of_a_body_passes(body: bytes, cuts: list[int], at: int) -> None:
    edges = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    pieces = [body[a:b] for a, b in pairwise(edges)] or [b""]
    check = _check(body)
    for number, piece in enumerate(pieces):
        check.add(piece, last=number == len(pieces) - 1)
    if body:
        changed = bytearray(body)
        changed[at % len(body)] ^= 1
        with pytest.raises(Another):
            _check(body).add(bytes(changed), last=True)
