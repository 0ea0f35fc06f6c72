"""All that is asked about one name, of a real name server."""

from __future__ import annotations

import time

import gevent
import pytest

from edge.upstream.dns.lookup import FILE_TTL_S, LookupFailed, special
from tests.support.dns_server import DnsServer, failing, silent, whole


def test_both_types_are_asked_for_and_the_shortest_time_counts(server: DnsServer, lookup) -> None:
    server.has("a.test", "192.0.2.2", "192.0.2.1", ttl=30)
    server.records["a.test", "AAAA"] = ["a.test. 7 IN AAAA 2001:db8::1"]
    assert lookup()("A.test") == (("192.0.2.1", "192.0.2.2"), ("2001:db8::1",), 7.0)
    assert sorted(server.asked) == ["a.test A udp", "a.test AAAA udp"]


def test_an_alias_is_followed(server: DnsServer, lookup) -> None:
    server.records["a.test", "A"] = ["a.test. 3 IN CNAME b.test.", "b.test. 30 IN A 192.0.2.1"]
    assert lookup()("a.test").v4 == ("192.0.2.1",)


def test_the_search_list_is_gone_through_until_a_name_is_there(server: DnsServer, lookup) -> None:
    server.has("orders.b.test", "192.0.2.1")
    assert lookup("search a.test b.test")("orders").v4 == ("192.0.2.1",)
    assert [line for line in server.asked if " A " in line] == [
        "orders.a.test A udp",
        "orders.b.test A udp",
    ]


def test_a_trailing_dot_skips_the_search_list(server: DnsServer, lookup) -> None:
    server.has("orders.a.test", "192.0.2.1")
    assert lookup("search a.test")("orders.")[:2] == ((), ())
    assert {line.split()[0] for line in server.asked} == {"orders"}


def test_the_hosts_file_comes_first(server: DnsServer, lookup) -> None:
    server.has("a.test", "192.0.2.1")
    found = lookup(hosts="192.0.2.9 a.test localhost\n::2 a.test")
    assert found("a.test.") == (("192.0.2.9",), ("::2",), FILE_TTL_S)
    assert found("localhost").v4 == ("192.0.2.9",)
    assert server.asked == []


def test_some_names_are_never_asked_for(server: DnsServer, lookup) -> None:
    assert lookup()("localhost")[:2] == (("127.0.0.1",), ("::1",))
    assert lookup()("no-such-host.invalid")[:2] == ((), ())
    assert special("a.localhost.") is not None
    assert special("localhost.test") is None
    assert server.asked == []


def test_no_such_name_is_an_answer(server: DnsServer, lookup) -> None:
    v4, v6, ttl_s = lookup()("a.test")
    assert (v4, v6) == ((), ())
    assert ttl_s > 0
    assert lookup("search " + "a" * 60)("b" * 64)[:2] == ((), ())


def test_a_server_that_fails_ends_the_look_up_and_no_other_name_is_taken(server: DnsServer, lookup) -> None:
    server.has("orders", "192.0.2.1")
    server.script = failing
    with pytest.raises(LookupFailed, match="SERVFAIL"):
        lookup("search a.test")("orders")
    assert {line.split()[0] for line in server.asked} == {"orders.a.test"}
    assert len(server.asked) == 4  # two types, two attempts


def test_the_next_name_server_is_asked(server: DnsServer, lookup) -> None:
    server.has("a.test", "192.0.2.1")
    servers = lookup()
    (good,) = servers._files.configuration().nameservers
    conf = servers._files.configuration()._replace(nameservers=(("127.0.0.2", 1), good))
    servers._files.configuration = lambda: conf
    assert servers("a.test").v4 == ("192.0.2.1",)


def test_an_unanswered_type_does_not_hold_up_the_other(server: DnsServer, lookup) -> None:
    server.has("a.test", "192.0.2.1")
    server.of_kind["AAAA"] = silent
    assert lookup("options timeout:30")("a.test") == (("192.0.2.1",), None, 30.0)
    server.of_kind = {"A": failing, "AAAA": whole}
    server.has("a.test", "2001:db8::1")
    assert lookup()("a.test") == (None, ("2001:db8::1",), 30.0)


def test_one_type_with_none_and_one_unanswered_says_nothing(server: DnsServer, lookup) -> None:
    server.of_kind["AAAA"] = failing
    with pytest.raises(LookupFailed, match="nobody answers"):
        lookup()("a.test")


def test_questions_in_flight_are_bounded_and_the_worker_goes_on(server: DnsServer, lookup) -> None:
    server.script = silent
    bounded = lookup("options attempts:1", questions=2)
    waiting = [gevent.spawn(bounded, f"{number}.test") for number in range(3)]
    until = time.monotonic() + 10
    while len(server.asked) < 2 and time.monotonic() < until:
        gevent.sleep(0.005)
    assert len(server.asked) == 2
    gevent.sleep(0.05)
    assert len(server.asked) == 2
    gevent.killall(waiting)
