from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.models.values import LimitKey
from weir.routing.facts import RequestFacts
from weir.routing.limit_keys import MAX_KEY, compile_key, fixed_key

FACTS = RequestFacts(
    "shop.example",
    "/orders",
    "POST",
    ip="203.0.113.7",
    headers=[("X-Tenant", "acme"), ("X-Empty", ""), ("Cookie", "session=abc")],
    query="page=2",
)


def key(*by: LimitKey, facts: RequestFacts = FACTS) -> str:
    compiled = compile_key(by, "orders")
    assert compiled is not None
    return compiled(facts)


def by_ip(ip: str) -> str:
    return key(LimitKey("ip"), facts=RequestFacts("h", "/", ip=ip))


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (LimitKey("ip"), "203.0.113.7"),
        (LimitKey("rule"), "orders"),
        (LimitKey("host"), "shop.example"),
        (LimitKey("path"), "/orders"),
        (LimitKey("method"), "POST"),
        (LimitKey("header", "X-Tenant"), "=acme"),
        (LimitKey("query", "page"), "=2"),
        (LimitKey("cookie", "session"), "=abc"),
    ],
)
def test_a_key_is_what_the_request_has(by: LimitKey, expected: str) -> None:
    assert key(by) == expected


def test_a_limit_without_by_counts_all_requests_together() -> None:
    assert compile_key((), "orders") is None


@pytest.mark.parametrize(
    ("by", "fixed"),
    [
        ((), ""),
        ((LimitKey("rule"),), "orders"),
        ((LimitKey("ip"),), None),
        ((LimitKey("rule"), LimitKey("ip")), None),
    ],
)
def test_a_key_is_fixed_where_no_request_has_a_part_in_it(
    by: tuple[LimitKey, ...], fixed: str | None
) -> None:
    assert fixed_key(by, "orders") == fixed


def test_a_fixed_key_is_the_one_that_is_explained() -> None:
    assert fixed_key((LimitKey("rule"),), "o" * 200) == compile_key((LimitKey("rule"),), "o" * 200)(FACTS)  # type: ignore[misc]


def by_caller(field: str, consumer: str | None, *tags: str) -> str:
    key_of = compile_key((LimitKey(field),), "orders")  # type: ignore[arg-type]
    assert key_of is not None
    return key_of(RequestFacts("a.test", "/", consumer=consumer, tags=tags))


def test_a_consumer_is_told_from_nobody() -> None:
    assert by_caller("consumer", "acme") == "=acme"
    assert by_caller("consumer", None) == ""
    assert by_caller("consumer", "client app") != by_caller("consumer", "app")


def test_tags_count_as_a_set() -> None:
    assert by_caller("tag", "a", "gold", "eu") == by_caller("tag", "b", "eu", "gold") == "=eu,gold"
    assert by_caller("tag", "a", "gold") == "=gold"
    assert by_caller("tag", "a") == by_caller("tag", None) == ""


def test_an_ipv6_client_counts_as_its_network_of_64_bits() -> None:
    assert by_ip("2001:db8:0:7::1") == by_ip("2001:db8:0:7:ffff:ffff:ffff:ffff") == "2001:0db8:0000:0007::/64"
    assert by_ip("2001:db8:0:7::1") != by_ip("2001:db8:0:8::1")


def test_an_ipv4_address_mapped_into_ipv6_is_the_same_client() -> None:
    assert by_ip("::ffff:203.0.113.7") == by_ip("203.0.113.7") == "203.0.113.7"


def test_a_peer_without_an_address_has_a_key_too() -> None:
    assert by_ip("") == ""
    assert by_ip("fe80::1%no-address%") == "fe80::1%no-address%"


def test_what_is_absent_is_apart_from_what_is_empty() -> None:
    assert key(LimitKey("header", "X-Absent")) == ""
    assert key(LimitKey("header", "X-Empty")) == "="


@given(
    st.lists(st.text(max_size=4), min_size=2, max_size=2),
    st.lists(st.text(max_size=4), min_size=2, max_size=2),
)
def test_two_values_together_are_the_same_key_only_if_both_are_the_same(
    one: list[str], other: list[str]
) -> None:
    def keyed(values: list[str]) -> str:
        headers = [("a", values[0]), ("b", values[1])]
        return key(
            LimitKey("header", "a"), LimitKey("header", "b"), facts=RequestFacts("h", "/", headers=headers)
        )

    assert (keyed(one) == keyed(other)) == (one == other)


@given(st.text(alphabet=st.characters(), max_size=300))
def test_every_key_is_bounded_and_can_be_encoded(value: str) -> None:
    found = key(LimitKey("header", "a"), facts=RequestFacts("h", "/", headers=[("a", value)]))
    assert len(found.encode("utf-8")) <= MAX_KEY


def test_a_key_at_the_bound_is_itself_and_one_above_it_a_hash() -> None:
    def of(length: int) -> str:
        return key(LimitKey("path"), facts=RequestFacts("h", "/" + "a" * (length - 1)))

    assert of(MAX_KEY) == "/" + "a" * (MAX_KEY - 1)
    assert of(MAX_KEY + 1).startswith("#")
    assert len(of(MAX_KEY + 1)) == 33
    assert key(LimitKey("path"), facts=RequestFacts("h", "/\udcff")).startswith("#")
