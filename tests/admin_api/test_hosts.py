from __future__ import annotations

import pytest

from admin_api.hosts import hosts_of
from admin_api.problems import Refusal
from weir.processes.ports import Address


def answered(host: str, bound: Address, url: str = "") -> bool:
    try:
        hosts_of(bound, url).check(host)
    except Refusal as refusal:
        return (refusal.status, refusal.code) != (421, "wrong-host")
    return True


@pytest.mark.parametrize(
    ("host", "bound", "url", "expected"),
    [
        ("127.0.0.1:8001", Address("127.0.0.1", 8001), "", True),
        ("LocalHost:8001", Address("127.0.0.1", 8001), "", True),
        ("[::1]:8001", Address("::1", 8001), "", True),
        ("localhost", Address("127.0.0.1", 8001), "", False),
        ("localhost:80", Address("127.0.0.1", 8001), "", False),
        ("localhost", Address("127.0.0.1", 80), "", True),
        ("10.1.2.3:8001", Address("10.1.2.3", 8001), "", True),
        ("10.1.2.3:8001", Address("0.0.0.0", 8001), "", False),
        ("0.0.0.0:8001", Address("0.0.0.0", 8001), "", False),
        ("evil.example:8001", Address("127.0.0.1", 8001), "", False),
        ("127.0.0.1.evil.example:8001", Address("127.0.0.1", 8001), "", False),
        ("", Address("127.0.0.1", 8001), "", False),
        ("weir.example.com", Address("0.0.0.0", 8001), "https://weir.example.com", True),
        ("weir.example.com:8443", Address("0.0.0.0", 8001), "https://Weir.example.com:8443", True),
        ("weir.example.com:443", Address("0.0.0.0", 8001), "https://weir.example.com", False),
    ],
)
def test_only_names_of_this_api_are_answered(host: str, bound: Address, url: str, expected: bool) -> None:
    assert answered(host, bound, url) is expected


def test_an_admin_url_with_https_makes_cookies_secure() -> None:
    assert hosts_of(Address("127.0.0.1", 1), "https://weir.example.com").secure
    assert not hosts_of(Address("127.0.0.1", 1), "http://weir.example.com").secure
