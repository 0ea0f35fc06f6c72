"""Whose address a request is from."""

from __future__ import annotations

from typing import Any

import pytest

from weir.routing.networks import NetworkSet
from weir.serving.proxies import MAX_HOPS, BehindProxies, client_address

PROXIES = NetworkSet(["127.0.0.0/8", "::1", "10.0.0.0/8"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("::1", "2001:db8::7", "2001:db8::7"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "198.51.100.7, 10.0.0.9", "198.51.100.7"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.7,10.0.0.9", "198.51.100.7"),
        ("127.0.0.1", "10.0.0.1, 10.0.0.9", "10.0.0.1"),
        ("127.0.0.1", "198.51.100.7, unknown", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.7:5000", "127.0.0.1"),
        ("127.0.0.1", ", ,", "127.0.0.1"),
        ("127.0.0.1", "2001:DB8:0:0::7", "2001:db8::7"),
        ("127.0.0.1", "fe80::1%any text at all", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.7, fe80::1%x", "127.0.0.1"),
        ("127.0.0.1", "0x7f000001", "127.0.0.1"),
        ("", "198.51.100.7", ""),
    ],
)
def test_only_a_known_proxy_is_believed_and_only_about_its_own_neighbour(
    peer: str, forwarded: str, client: str
) -> None:
    assert client_address(peer, forwarded, PROXIES) == client


def test_only_so_many_hops_are_looked_at() -> None:
    near = ["198.51.100.7"] + ["10.0.0.1"] * (MAX_HOPS - 1)
    assert client_address("10.0.0.2", ",".join(near), PROXIES) == "198.51.100.7"
    far = ["198.51.100.7"] + ["10.0.0.1"] * MAX_HOPS
    assert client_address("10.0.0.2", ",".join(far), PROXIES) == "10.0.0.1"


def test_what_serves_the_request_sees_the_client() -> None:
    seen: list[str] = []

    def application(environ: dict[str, Any], _start: Any) -> list[bytes]:
        seen.append(environ["REMOTE_ADDR"])
        return []

    behind = BehindProxies(application, PROXIES)
    behind({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "198.51.100.7"}, None)
    behind({"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": "198.51.100.7"}, None)
    behind({}, None)
    assert seen == ["198.51.100.7", "192.0.2.1", ""]
