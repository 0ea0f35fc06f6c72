"""What is believed of where a request came from."""

from __future__ import annotations

import pytest

from edge.downstream.forwarded import MAX_HOPS, Origin, connection_lines, forwarding_fields, origin_of
from edge.http.names import Role, request_names
from weir.routing.networks import NetworkSet

TRUSTED = NetworkSet(["10.0.0.0/8", "2001:db8::/32"])


def origin(peer: str = "10.0.0.1", **said: str) -> Origin:
    pairs = tuple((name.replace("_", "-").encode(), value.encode()) for name, value in said.items())
    return origin_of(peer, "http", 8000, pairs, TRUSTED)


@pytest.mark.parametrize(
    ("chain", "client", "believed"),
    [
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("192.0.2.1, 192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("192.0.2.7, 10.0.0.9, 10.0.0.8", "192.0.2.7", "192.0.2.7, 10.0.0.9, 10.0.0.8"),
        ("10.0.0.9, 10.0.0.8", "10.0.0.9", "10.0.0.9, 10.0.0.8"),
        ("192.0.2.7:5678", "192.0.2.7", "192.0.2.7:5678"),
        ("[2001:db9::7]:5678", "2001:db9::7", "[2001:db9::7]:5678"),
        ("2001:db9::7, 2001:db8::1", "2001:db9::7", "2001:db9::7, 2001:db8::1"),
        ("192.0.2.7, garbage, 10.0.0.8", "10.0.0.8", "10.0.0.8"),
        ("", "10.0.0.1", ""),
    ],
)
def test_the_chain_is_walked_from_the_right(chain: str, client: str, believed: str) -> None:
    found = origin(x_forwarded_for=chain)
    assert (found.ip, found.chain) == (client, believed.encode())


def test_an_untrusted_peer_says_nothing_that_counts() -> None:
    found = origin("192.0.2.1", x_forwarded_for="1.1.1.1", x_forwarded_proto="https", x_request_id="a")
    assert found == Origin("192.0.2.1", "http", 8000, None, "", b"", ())


def test_a_walk_is_bounded() -> None:
    found = origin(x_forwarded_for=", ".join(["192.0.2.7"] + ["10.0.0.2"] * MAX_HOPS))
    assert found.ip == "10.0.0.2"


@pytest.mark.parametrize(
    ("said", "scheme", "port"),
    [
        ({"x_forwarded_proto": "https"}, "https", 443),
        ({"x_forwarded_proto": "http"}, "http", 8000),
        ({"x_forwarded_proto": "gopher"}, "http", 8000),
        ({"x_forwarded_proto": "http, https"}, "https", 443),
        ({"x_forwarded_port": "8443"}, "http", 8443),
        ({"x_forwarded_port": "99999"}, "http", 8000),
        ({"x_forwarded_port": "nine"}, "http", 8000),
    ],
)
def test_scheme_and_port(said: dict[str, str], scheme: str, port: int) -> None:
    found = origin(**said)
    assert (found.scheme, found.port) == (scheme, port)


def test_a_request_id_that_is_too_long_or_odd_is_not_taken() -> None:
    assert origin(x_request_id="a" * 128).request_id == "a" * 128
    assert origin(x_request_id="a" * 129).request_id == ""
    assert origin(x_request_id="a b").request_id == ""


def test_the_upstream_is_told() -> None:
    fields = forwarding_fields(origin(x_forwarded_for="192.0.2.7"), "10.0.0.1", b"a.test", "id")
    said = {name: value for name, _, value in fields}
    assert said[b"x-forwarded-for"] == b"192.0.2.7, 10.0.0.1"
    assert said[b"x-real-ip"] == b"192.0.2.7"
    assert said[b"x-forwarded-host"] == b"a.test"
    assert said[b"x-request-id"] == b"id"
    assert said[b"via"] == b"1.1 weir"
    assert said[b"forwarded"] == b'for=192.0.2.7;proto=http;host="a.test", for=10.0.0.1'


@pytest.mark.parametrize(
    ("peer", "node"),
    [("192.0.2.1", b"192.0.2.1"), ("2001:db8::1", b'"[2001:db8::1]"'), ("", b"unknown"), ("a;b", b"unknown")],
)
def test_forwarded_of_one_hop_is_the_same_however_it_is_written(peer: str, node: bytes) -> None:
    field = forwarding_fields(Origin(peer, "http", 80, None, "", b"", ()), peer, b"a.test:81", "id")[-1]
    expected = b'for=%b;proto=http;host="a.test:81"' % node
    assert field == (b"forwarded", b"Forwarded", expected)
    lines = connection_lines(peer, "http", 80)
    assert lines.endswith(b"\r\nForwarded: " + expected.removesuffix(b'a.test:81"'))


def test_a_hop_that_is_no_address_is_not_repeated_in_forwarded() -> None:
    found = origin(x_forwarded_for='a";for=6.6.6.6, 10.0.0.9, [2001:db8::1]:80, 10.0.0.2:99')
    field = forwarding_fields(found, "10.0.0.1", b"a", "id")[-1]
    assert field[2] == b'for=10.0.0.9;proto=http;host="a", for="[2001:db8::1]", for=10.0.0.2, for=10.0.0.1'


def test_forwarded_of_a_trusted_peer_goes_on_with_an_element_more_if_it_writes_no_other() -> None:
    theirs = origin(forwarded='for="[2001:db8::1]";proto=https')
    assert theirs.ip == "10.0.0.1"
    field = forwarding_fields(theirs, "10.0.0.1", b"a.test", "id")[-1]
    assert field[2] == b'for="[2001:db8::1]";proto=https, for=10.0.0.1;proto=http;host="a.test"'
    both = origin(forwarded="for=6.6.6.6", x_forwarded_for="192.0.2.7")
    assert b"6.6.6.6" not in forwarding_fields(both, "10.0.0.1", b"a.test", "id")[-1][2]
    assert origin("192.0.2.1", forwarded="for=6.6.6.6").forwarded == b""
    assert origin(forwarded='for="open').forwarded == b"", "what is added would be in its string"


@pytest.mark.parametrize(
    "name", [b"x-forwarded-prefix", b"x-forwarded-ssl", b"x-original-url", b"x-rewrite-url"]
)
def test_what_else_says_where_a_request_came_from_is_believed_of_trusted_peers_only(name: bytes) -> None:
    assert request_names()[name] == (name, Role.FORWARDED)
    assert request_names()[name.replace(b"-", b"_")][1] == Role.DROPPED
    stranger = origin_of("192.0.2.1", "http", 80, ((name, b"/x"),), NetworkSet(("10.0.0.0/8",)))
    assert stranger.passed == ()
    friend = origin_of("10.0.0.1", "http", 80, ((name, b"/x"),), NetworkSet(("10.0.0.0/8",)))
    assert friend.passed == ((name, b"/x"),)
    assert (name, name.title(), b"/x") in forwarding_fields(friend, "10.0.0.1", b"a", "id")
