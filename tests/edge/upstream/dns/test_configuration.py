"""resolv.conf, and the names that it makes of one."""

from __future__ import annotations

import pytest

from edge.upstream.dns.configuration import Configuration, names_to_try, parse_resolv_conf


def test_nothing_said_is_what_libc_does() -> None:
    assert parse_resolv_conf("") == Configuration()


def test_everything_is_read_within_its_bounds() -> None:
    text = """# a comment
; another
nameserver 10.0.0.1
nameserver no-address
nameserver fe80::1
nameserver 10.0.0.3
nameserver 10.0.0.4
domain lost.test
search prod.svc.test. svc.test
options ndots:5 timeout:2 attempts:3 rotate
"""
    servers = (("10.0.0.1", 53), ("fe80::1", 53), ("10.0.0.3", 53))
    assert parse_resolv_conf(text) == Configuration(servers, ("prod.svc.test", "svc.test"), 5, 2, 3)
    wild = parse_resolv_conf("options ndots:99 timeout:0 attempts:99\noptions timeout:x\n")
    assert (wild.ndots, wild.timeout_s, wild.attempts) == (15, 1, 5)
    assert len(parse_resolv_conf("search " + "a.test " * 40).search) == 32


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("orders", ("orders.a.test", "orders.b.test", "orders")),
        ("orders.prod", ("orders.prod.a.test", "orders.prod.b.test", "orders.prod")),
        ("orders.prod.svc", ("orders.prod.svc", "orders.prod.svc.a.test", "orders.prod.svc.b.test")),
        ("orders.", ("orders",)),
        ("orders.prod.svc.", ("orders.prod.svc",)),
    ],
)
def test_the_search_list_and_ndots_decide_what_is_tried(host: str, names: tuple[str, ...]) -> None:
    assert names_to_try(host, Configuration(search=("a.test", "b.test"), ndots=2)) == names
