from __future__ import annotations

import pytest

from weir.routing.authority import Authority, BadAuthority, normalise_authority, normalise_host


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("a.com", "a.com", None),
        ("API.Example.COM", "api.example.com", None),
        ("a.com.", "a.com", None),
        ("a.com.:8443", "a.com", 8443),
        ("a.com:", "a.com", None),
        ("localhost:8000", "localhost", 8000),
        ("my_service-1", "my_service-1", None),
        ("127.0.0.1:1", "127.0.0.1", 1),
        ("[::1]", "[::1]", None),
        ("[2001:DB8:0:0::1]:65535", "[2001:db8::1]", 65535),
        ("a" * 63 + ".b", "a" * 63 + ".b", None),
    ],
)
def test_a_host_has_one_form(text: str, host: str, port: int | None) -> None:
    assert normalise_authority(text) == Authority(host, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        ":80",
        ".a.com",
        "a..com",
        "a.com..",
        "-a.com",
        "a-.com",
        "user@a.com",
        "a.com/x",
        "a.com,b.com",
        "a b",
        "a%2e.com",
        "a.com:0",
        "a.com:65536",
        "a.com:8x",
        "a.com:+80",
        "é.com",
        "a.com\n",
        "[::1",
        "[::g]",
        "[1.2.3.4]",
        "[::1%25eth0]",
        "a" * 64,
    ],
)
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(BadAuthority):
        normalise_authority(text)


def test_a_host_may_have_253_characters_and_no_more() -> None:
    longest = ".".join(["a" * 49] * 5) + ".bcd"
    assert len(longest) == 253
    assert normalise_authority(longest + ".:65535").host == longest
    with pytest.raises(BadAuthority, match="253"):
        normalise_authority(longest + "e")


def test_a_host_of_a_rule_has_no_port() -> None:
    assert normalise_host("A.com") == "a.com"
    for text in ("a.com:80", "a.com:"):
        with pytest.raises(BadAuthority, match="without a port"):
            normalise_host(text)
