"""Who is believed: never a hop that nobody trusted vouches for, whatever a client writes."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.downstream.forwarded import MAX_HOPS, Pairs, forwarding_fields, origin_of
from tests.support.in_process import InProcess
from tests.support.upstream import Upstream
from weir.routing.networks import NetworkSet, parse_address

INSIDE = ("10.0.0.1", "10.1.2.3", "2001:db8::1", "::ffff:10.0.0.9")
OUTSIDE = ("192.0.2.7", "203.0.113.9", "2001:db9::1", "::ffff:192.0.2.7")
JUNK = ("", "unknown", "_hidden", "10.0.0.1.", "10.0.0.256", "for=10.0.0.1", "::1::", "é", '"', "a" * 30)
TRUSTED = NetworkSet(["10.0.0.0/8", "2001:db8::/32"])

addresses = st.sampled_from(INSIDE + OUTSIDE)
with_port = addresses.map(lambda one: f"[{one}]:99" if ":" in one else f"{one}:99")
hops = st.lists(st.one_of(addresses, with_port, st.sampled_from(JUNK)), max_size=8)


def said(**fields: str) -> Pairs:
    return tuple((name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in fields.items())


def is_trusted(text: str) -> bool:
    return parse_address(text) in TRUSTED


def bare(hop: str) -> str:
    return hop[1:].partition("]")[0] if hop.startswith("[") else hop.removesuffix(":99")


@given(peer=st.sampled_from(INSIDE), chain=hops)
def test_the_client_is_the_last_one_that_a_trusted_hop_vouches_for(peer: str, chain: list[str]) -> None:
    found = origin_of(peer, "http", 80, said(x_forwarded_for=", ".join(chain)), TRUSTED)
    client = peer
    for hop in reversed(chain):
        if not is_trusted(client) or parse_address(bare(hop)) is None:
            break
        client = bare(hop)
    assert found.ip == client
    ipaddress.ip_address(found.ip)


@given(peer=st.sampled_from(INSIDE), chain=hops, forged=hops)
def test_what_stands_before_an_untrusted_hop_changes_nothing(
    peer: str, chain: list[str], forged: list[str]
) -> None:
    def origin(whole: list[str]) -> object:
        return origin_of(peer, "http", 80, said(x_forwarded_for=", ".join(whole)), TRUSTED)

    assert origin([*forged, "192.0.2.7", *chain]) == origin(["192.0.2.7", *chain])


@given(
    peer=st.sampled_from((*OUTSIDE, "", "no address")),
    name=st.sampled_from(
        [f"x-{one}" for one in ("forwarded-for", "forwarded-proto", "forwarded-host", "real-ip", "request-id")]
        + ["forwarded"]
    ),
    value=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=20),
)  # fmt: skip
def test_nobody_else_is_believed_in_anything(peer: str, name: str, value: str) -> None:
    found = origin_of(peer, "http", 8000, ((name.encode(), value.encode("latin-1")),), TRUSTED)
    assert found == (peer, "http", 8000, None, "", b"", (), b"")


@given(
    peer=st.sampled_from(INSIDE),
    chain=hops,
    request_id=st.text(st.characters(max_codepoint=255), max_size=140),
)
def test_what_the_upstream_is_told_never_breaks_a_line(peer: str, chain: list[str], request_id: str) -> None:
    pairs = said(x_forwarded_for=", ".join(chain), x_request_id=request_id)
    found = origin_of(peer, "http", 80, pairs, TRUSTED)
    for _, _, value in forwarding_fields(found, peer, b"a.test", found.request_id):
        assert not set(value) & set(b"\r\n\0")


def test_a_trusted_chain_longer_than_the_bound_is_cut() -> None:
    chain = ["192.0.2.7", *["10.0.0.1"] * MAX_HOPS]
    found = origin_of("10.0.0.2", "http", 80, said(x_forwarded_for=", ".join(chain)), TRUSTED)
    assert (found.ip, found.chain.count(b",")) == ("10.0.0.1", MAX_HOPS - 1)
    found = origin_of("10.0.0.2", "http", 80, said(x_forwarded_for=", ".join(chain[:-1])), TRUSTED)
    assert found.ip == "192.0.2.7"


def test_fields_that_come_twice_are_one_list() -> None:
    pairs = (*said(x_forwarded_for="192.0.2.7"), *said(x_forwarded_for="203.0.113.9"))
    assert origin_of("10.0.0.1", "http", 80, pairs, TRUSTED).ip == "203.0.113.9"


RULES = """
    defaults {{ trusted_proxies ["10.0.0.0/8"] }}
    rule inside {{ when ip in ["192.0.2.0/24"] and scheme == "https" and host == "told.test"; proxy {url} }}
    rule other {{ when any; respond 404 "" }}
"""
SAYS = (
    b"GET / HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-For: 1.2.3.4, 192.0.2.9\r\nX-Forwarded-Proto: https\r\n"
    b"X-Forwarded-Host: told.test\r\nX-Request-Id: theirs\r\nX-Real-IP: 6.6.6.6\r\nForwarded: for=192.0.2.9\r\n\r\n"
)


@pytest.mark.parametrize(
    ("peer", "status"), [("10.0.0.1", 200), ("192.0.2.9", 404), ("::ffff:10.0.0.1", 200)]
)
def test_rules_see_what_is_believed_and_the_upstream_is_told_the_same(
    peer: str, status: int, tmp_path: Path
) -> None:
    upstream = Upstream().start()
    edge = InProcess(tmp_path, RULES.format(url=upstream.url))
    assert edge.status(SAYS, peer) == status
    for request in upstream.requests:
        assert request.header("X-Forwarded-For") == b"192.0.2.9, " + peer.encode()
        assert request.header("X-Real-IP") == b"192.0.2.9"
        assert request.header("X-Forwarded-Proto") == b"https"
        assert request.header("Host") == request.header("X-Forwarded-Host") == b"told.test"
        assert request.header("X-Request-Id") == b"theirs"
        hop = b'"[%b]"' % peer.encode() if ":" in peer else peer.encode()
        assert request.header("Forwarded") == b'for=192.0.2.9;proto=https;host="told.test", for=' + hop
    upstream.stop()
