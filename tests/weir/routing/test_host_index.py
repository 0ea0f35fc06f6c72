from __future__ import annotations

from tests.support.routing import ANY, host, table_of


def test_exact_then_wildcards_from_the_longest_then_any() -> None:
    names = ["c.b.a.com", "*.b.a.com", "**.b.a.com", "**.a.com", "**.com", "*.a.com"]
    index = table_of(*(host(name) for name in names), ANY).hosts
    groups = {**index.exact, **index.many_labels, "every": index.every[""]}
    expected = [
        groups["c.b.a.com"],
        index.one_label[".b.a.com"],
        groups[".b.a.com"],
        groups[".a.com"],
        groups[".com"],
    ]
    assert index.matching("c.b.a.com") == [*expected, groups["every"]]


def test_one_star_is_one_label() -> None:
    index = table_of(host("*.a.com")).hosts
    assert len(index.matching("x.a.com")) == 1
    assert index.matching("x.y.a.com") == []
    assert index.matching("a.com") == []


def test_two_stars_are_at_least_one_label() -> None:
    index = table_of(host("**.a.com")).hosts
    assert [len(index.matching(name)) for name in ("a.com", "x.a.com", "x.y.a.com", "xa.com")] == [0, 1, 1, 0]


def test_a_name_that_begins_with_a_dot_meets_no_wildcard() -> None:
    assert table_of(host("*.a.com"), host("**.a.com")).hosts.matching(".a.com") == []


def test_addresses_are_hosts_like_others() -> None:
    index = table_of(host("[::1]"), host("127.0.0.1")).hosts
    assert len(index.matching("[::1]")) == len(index.matching("127.0.0.1")) == 1
