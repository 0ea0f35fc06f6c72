"""Counting connections by address."""

from __future__ import annotations

import pytest

from edge.downstream.address_counts import AddressCounts, key_of


def test_what_entered_and_left_is_not_remembered() -> None:
    counts = AddressCounts()
    assert [counts.enter("a"), counts.enter("a"), counts.enter("b")] == [1, 2, 1]
    counts.leave("a")
    assert counts.enter("a") == 2
    for key in ("a", "a", "b"):
        counts.leave(key)
    assert len(counts) == 0


@pytest.mark.parametrize(
    ("peer", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "20010db800000000/64"),
        ("2001:db8::2:0:0:1", "20010db800000000/64"),
        ("2001:db8:0:1::1", "20010db800000001/64"),
        ("fe80::1%eth0", "fe80000000000000/64"),
        ("", ""),
    ],
)
def test_a_client_of_ipv6_has_its_64_bits_for_itself(peer: str, key: str) -> None:
    assert key_of(peer) == key
