from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.routing.networks import Address, NetworkSet, parse_address


def test_an_ipv4_address_inside_ipv6_is_the_ipv4_address() -> None:
    assert parse_address("::ffff:10.0.0.1") == parse_address("10.0.0.1")
    assert parse_address("::1") == Address(6, 1)
    assert parse_address("unix:") is None


def test_a_set_of_networks_holds_addresses_of_both_versions() -> None:
    networks = NetworkSet(["10.0.0.0/8", "192.168.1.7", "2001:db8::/32", "172.16.5.9/12"])
    inside = ["10.255.0.1", "192.168.1.7", "2001:db8::5", "172.31.0.1", "::ffff:10.0.0.1"]
    outside = ["11.0.0.0", "192.168.1.8", "2001:db9::", "::a00:1", "x"]
    assert [parse_address(each) in networks for each in inside] == [True] * 5
    assert [parse_address(each) in networks for each in outside] == [False] * 5


def test_what_is_no_network_is_refused() -> None:
    for text in ("10.0.0.0/33", "ten", ""):
        with pytest.raises(ValueError, match="IPv4 or IPv6"):
            NetworkSet([text])


_networks = st.lists(
    st.tuples(st.integers(0, 2**8 - 1), st.integers(24, 32)).map(
        lambda pair: str(ipaddress.ip_network((0x0A000000 + pair[0], pair[1]), strict=False))
    ),
    min_size=1,
    max_size=3,
)


@given(_networks, _networks)
def test_covering_and_being_apart_agree_with_every_address(one: list[str], other: list[str]) -> None:
    mine, theirs = NetworkSet(one), NetworkSet(other)
    addresses = [Address(4, 0x0A000000 + number) for number in range(256)]
    assert mine.disjoint(theirs) is not any(each in mine and each in theirs for each in addresses)
    if mine.covers(theirs):
        assert all(each in mine for each in addresses if each in theirs)
