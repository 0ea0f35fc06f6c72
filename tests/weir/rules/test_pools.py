"""Pools of targets."""

from __future__ import annotations

from tests.support.design_rules import DESIGN
from weir.models.effective import Pool
from weir.models.rule_clauses import Host, Retry, Timeout
from weir.models.upstream_clauses import Balance, Budget, Check, Concurrency, Target
from weir.rules.parser import parse
from weir.rules.pools import destinations, is_url, pools
from weir.rules.resolve import environment, routes


def pools_of(text: str) -> dict[str, Pool]:
    definitions = parse(text).document.definitions
    return pools(definitions, routes(definitions, environment(definitions)))


def test_the_example_of_the_design_has_its_upstream_and_a_pool_for_each_url() -> None:
    found = pools_of(DESIGN)
    assert list(found) == ["orders", "http://users.prod:8000", "http://static.web:8000"]
    orders = found["orders"]
    assert orders.targets == (
        Target(url="http://orders-1.prod:8080", weight=3),
        Target(url="http://orders-2.prod:8080"),
    )
    assert isinstance(orders.balance, Balance)
    assert isinstance(orders.check, Check)
    assert orders.retry == Retry(count=2, on=("connect", "timeout", "502", "503", "504"))
    assert isinstance(orders.budget, Budget)
    assert orders.concurrency is not None
    assert (orders.concurrency.limit, orders.concurrency.queue) == (200, 50)
    assert found["http://static.web:8000"] == Pool(
        name="http://static.web:8000", targets=(Target(url="http://static.web:8000"),)
    )


def test_every_clause_of_an_upstream_reaches_its_pool() -> None:
    text = """upstream u {
        target http://a; balance p2c; check GET / every 5s; eject after 5; retry off; budget 1% per 1s
        concurrency adaptive; timeout try 5s; tls verify off; sticky cookie "a"; slow_start 5s; host upstream
    }"""
    pool = pools_of(text)["u"]
    assert all(getattr(pool, field) is not None for field in Pool.__struct_fields__)
    assert pool.concurrency == Concurrency()
    assert pool.timeout == Timeout(try_ms=5_000)
    assert pool.host == Host(mode="upstream")


def test_a_mirror_is_a_destination_too() -> None:
    text = "rule a { mirror http://m; proxy u, http://a 0 }\nrule b { mirror u; respond 200 }"
    definitions = parse(text).document.definitions
    first, second = routes(definitions, environment(definitions))
    assert destinations(first) == ("u", "http://a", "http://m")
    assert destinations(second) == ("u",)
    assert list(pools_of(text)) == ["http://a", "http://m"]


def test_what_is_a_url() -> None:
    assert is_url("http://a")
    assert is_url("https://a")
    assert not is_url("httpd")
    assert not is_url("orders")
