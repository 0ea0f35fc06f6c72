from __future__ import annotations

from weir.routing.facts import RequestFacts
from weir.routing.networks import Address


def test_headers_of_one_name_are_joined_and_cookies_in_their_own_way() -> None:
    facts = RequestFacts(
        "a.com",
        "/",
        headers=[("X-A", "1"), ("x-a", "2"), ("Cookie", "a=1"), ("cookie", "b=2"), ("Empty", "")],
    )
    assert facts.header("x-a") == "1, 2"
    assert facts.header("cookie") == "a=1; b=2"
    assert facts.header("empty") == ""
    assert facts.header("x-b") is None
    assert (facts.cookie("a"), facts.cookie("b"), facts.cookie("c")) == ("1", "2", None)


def test_a_query_is_read_by_name() -> None:
    facts = RequestFacts("a.com", "/", query="a=1&b")
    assert (facts.query("a"), facts.query("b"), facts.query("c")) == ("1", "", None)


def test_the_address_is_a_number() -> None:
    assert RequestFacts("a.com", "/", ip="10.0.0.1").address() == Address(4, 10 * 2**24 + 1)
    assert RequestFacts("a.com", "/", ip="").address() is None
