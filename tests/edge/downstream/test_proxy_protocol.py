"""The PROXY protocol: what a header says, what is none, and what a real edge makes of it."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.downstream.proxy_protocol import MAX_V1, MAX_V2, BadProxyHeader, Source, read_v1, read_v2
from tests.support.edge_process import EdgeProcess
from tests.support.upstream import Upstream
from tests.support.wait import wait_until

V1 = b"PROXY TCP4 203.0.113.9 198.51.100.1 5678 8443\r\n"
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
GET = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"


def v2(command: int, family: int, body: bytes) -> bytes:
    return SIGNATURE + struct.pack("!BBH", command, family, len(body)) + body


TCP4 = bytes([203, 0, 113, 9, 198, 51, 100, 1]) + struct.pack("!HH", 5678, 8443)
TCP6 = ipaddress.ip_address("2001:db8::9").packed * 2 + struct.pack("!HH", 5678, 8443)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (V1, Source("203.0.113.9", 8443, len(V1))),
        (b"PROXY TCP6 2001:DB8::9 ::1 1 2\r\nrest", Source("2001:db8::9", 2, 32)),
        (b"PROXY UNKNOWN\r\n", Source("", 0, 15)),
        (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", Source("", 0, 35)),
    ],
)
def test_a_line_of_v1_says_who_connected(data: bytes, expected: Source) -> None:
    assert read_v1(data) == expected
    assert all(read_v1(data[:cut]) is None for cut in range(expected.length))


@pytest.mark.parametrize(
    "data",
    [
        GET, b"PROXY TCP4\r\n", b"PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n",
        b"PROXY TCP4 ::1 ::1 1 2\r\n", b"PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n", b"PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n",
        b"PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n", b"PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n",
        b"PROXY TCP4 1.2.3.04 1.2.3.4 1 2\r\n", b"PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n", b"proxy UNKNOWN\r\n",
        b"PROXY UNKNOWN\n" + b"x" * 100, b"PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n", b"X", SIGNATURE,
    ],
)  # fmt: skip
def test_what_is_no_line_of_v1(data: bytes) -> None:
    with pytest.raises(BadProxyHeader):
        read_v1(data)


def test_a_line_of_v1_is_bounded_to_the_byte() -> None:
    longest = b"PROXY UNKNOWN " + b"x" * (MAX_V1 - 16) + b"\r\n"
    assert read_v1(longest) == Source("", 0, MAX_V1)
    assert read_v1(longest[:-1]) is None
    with pytest.raises(BadProxyHeader):
        read_v1(longest[:-2] + b"x\r\n")


@pytest.mark.parametrize(
    ("data", "peer", "port"),
    [
        (v2(0x21, 0x11, TCP4), "203.0.113.9", 8443),
        (v2(0x21, 0x21, TCP6), "2001:db8::9", 8443),
        (v2(0x21, 0x11, TCP4 + b"\x04\0\x03abc\x05\0\0"), "203.0.113.9", 8443),
        (v2(0x20, 0x00, b""), "", 0),
        (v2(0x20, 0x11, TCP4), "", 0),
        (v2(0x21, 0x00, b""), "", 0),
        (v2(0x21, 0x31, b"\0" * 216), "", 0),
    ],
)
def test_a_header_of_v2_says_who_connected(data: bytes, peer: str, port: int) -> None:
    assert read_v2(data + b"rest") == Source(peer, port, len(data))
    assert all(read_v2(data[:cut]) is None for cut in range(len(data)))


@pytest.mark.parametrize(
    "data",
    [
        GET, V1, v2(0x11, 0x11, TCP4), v2(0x22, 0x11, TCP4), v2(0x21, 0x12, TCP4), v2(0x21, 0x13, TCP4),
        v2(0x21, 0x11, TCP4[:-1]), v2(0x21, 0x21, TCP4), v2(0x21, 0x11, TCP4 + b"\x04\0"),
        v2(0x21, 0x11, TCP4 + b"\x04\0\x04abc"), SIGNATURE[:-1] + b"\r",
    ],
)  # fmt: skip
def test_what_is_no_header_of_v2(data: bytes) -> None:
    with pytest.raises(BadProxyHeader):
        read_v2(data)


def test_extensions_of_v2_are_bounded_to_the_byte() -> None:
    room = MAX_V2 - 16 - len(TCP4) - 3
    assert read_v2(v2(0x21, 0x11, TCP4 + struct.pack("!BH", 4, room) + b"x" * room)) is not None
    with pytest.raises(BadProxyHeader):
        read_v2(v2(0x21, 0x11, TCP4 + struct.pack("!BH", 4, room + 1) + b"x" * (room + 1)))


@pytest.fixture(scope="module", params=["v1", "v2"])
def proxied(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EdgeProcess]:
    edge = EdgeProcess(
        tmp_path_factory.mktemp("edge"),
        'rule none { when any; respond 404 "" }',
        head_timeout_s=1.0,
        proxy_protocol=[request.param],
    )
    yield edge
    edge.stop()


@pytest.fixture
def said(proxied: EdgeProcess, request: pytest.FixtureRequest) -> dict[str, bytes]:
    if proxied_kind(request) == "v1":
        return {"client": V1, "nobody": b"PROXY UNKNOWN\r\n", "other": v2(0x21, 0x11, TCP4)}
    return {"client": v2(0x21, 0x11, TCP4), "nobody": v2(0x20, 0, b""), "other": V1}


def proxied_kind(request: pytest.FixtureRequest) -> str:
    return str(request.node.callspec.params["proxied"])


class TestThroughAnEdge:
    def test_the_address_it_says_is_the_peer_for_everything(
        self, proxied: EdgeProcess, said: dict[str, bytes], upstreams
    ) -> None:
        upstream: Upstream = upstreams()
        proxied.publish(
            'defaults { trusted_proxies ["203.0.113.0/24"] }\n'
            'rule a { when ip in ["192.0.2.0/24"]; respond 200 "chain" }\n'
            f"rule b {{ when any; proxy {upstream.url} }}"
        )
        with proxied.client() as client:
            assert client.send(said["client"] + GET).response().status == 200
            assert client.get("/", "a.test", "X-Forwarded-For: 192.0.2.1").body == b"chain"
        (request,) = upstream.requests
        assert request.header("x-forwarded-for") == b"203.0.113.9"
        assert request.header("x-forwarded-port") == b"8443"
        assert proxied.logged(1)[0]["ip"] == "203.0.113.9"

    def test_a_connection_of_nobody_has_its_own_address(
        self, proxied: EdgeProcess, said: dict[str, bytes], upstreams
    ) -> None:
        upstream: Upstream = upstreams()
        proxied.publish(f"rule b {{ when any; proxy {upstream.url} }}")
        with proxied.client() as client:
            for byte in said["nobody"]:
                client.send(bytes([byte]))
            assert client.send(GET).response().status == 200
        assert upstream.requests[0].header("x-forwarded-for") == b"127.0.0.1"

    @pytest.mark.parametrize("begins", ["other", "none", "half"])
    def test_a_connection_that_does_not_begin_with_it_is_closed_without_a_word(
        self, proxied: EdgeProcess, said: dict[str, bytes], begins: str
    ) -> None:
        data = {"other": said["other"] + GET, "none": GET, "half": said["client"][:20]}[begins]
        with proxied.client() as client:
            assert client.send(data).is_closed()
        refused = ["weir_connections_refused_total", ["proxy-protocol"], 1]
        wait_until(
            lambda: any(refused in frame["counters"] for frame in proxied.agent.of_kind("counters")),
            what="the count",
        )


def test_each_listener_has_its_own(tmp_path: Path) -> None:
    edge = EdgeProcess(tmp_path, 'rule a { when any; respond 200 "" }', proxy_protocol=["off"])
    try:
        with edge.client() as client:
            assert client.get("/").status == 200
            assert client.send(V1).response().status == 501
    finally:
        edge.stop()
