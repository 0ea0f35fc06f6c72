"""What survives a publish."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import pytest

from edge.deadlines import Sweeper
from edge.downstream.limits import Limits
from edge.http.names import response_names
from edge.retry.budget import RetryBudgets
from edge.upstream.resolver import Resolver
from edge.upstream.upstreams import Upstreams
from weir.models.effective import Pool, Settings
from weir.models.rule_clauses import Timeout
from weir.models.upstream_clauses import Balance, Sticky, Target

A, B = Target(url="http://127.0.0.1:1"), Target(url="http://127.0.0.1:2")


@pytest.fixture
def upstreams() -> Upstreams:
    return Upstreams(
        sweeper=Sweeper(),
        resolver=Resolver(),
        names=response_names(),
        limits=Limits(),
        context=ssl.create_default_context(),
    )


def test_an_unchanged_pool_is_the_same_upstream(upstreams: Upstreams) -> None:
    first = upstreams.upstream("file", Pool(name="u", targets=(A, B)))
    assert upstreams.upstream("file", Pool(name="u", targets=(A, B))) is first


def test_another_timeout_keeps_whose_turn_it_is(upstreams: Upstreams) -> None:
    first = upstreams.upstream("file", Pool(name="u", targets=(A, B)))
    second = upstreams.upstream("file", Pool(name="u", targets=(A, B), timeout=Timeout(try_ms=5)))
    assert second is not first
    assert second.turn is first.turn


def test_a_target_that_stays_keeps_its_connections(upstreams: Upstreams) -> None:
    (a, _b) = upstreams.upstream("file", Pool(name="u", targets=(A, B))).turn.items
    assert upstreams.upstream("file", Pool(name="u", targets=(A,))).turn.items == (a,)
    upstreams.retain([("file", "u")])
    assert not a.retired


def test_weight_0_keeps_its_connections_only_for_clients_that_stay(upstreams: Upstreams) -> None:
    off = Target(url=A.url, weight=0)
    (a,) = upstreams.upstream("file", Pool(name="u", targets=(A,))).targets
    upstreams.upstream("file", Pool(name="u", targets=(off, B), sticky=Sticky(cookie="weir")), "secret")
    upstreams.retain([("file", "u")])
    assert not a.retired
    upstreams.upstream("file", Pool(name="u", targets=(off, B)))
    upstreams.retain([("file", "u")])
    assert a.retired


def test_a_change_of_addresses_reaches_every_target_of_the_name(upstreams: Upstreams) -> None:
    first, second, other = (Target(url=f"http://{name}") for name in ("a.test:1", "a.test:2", "b.test:1"))
    made = upstreams.upstream("file", Pool(name="u", targets=(first, second, other))).targets
    upstreams._resolver.on_change("a.test", ("192.0.2.1",))
    assert [target._current for target in made] == [("192.0.2.1",), ("192.0.2.1",), None]


def test_another_secret_makes_other_cookies(upstreams: Upstreams) -> None:
    pool = Pool(name="u", targets=(A,), sticky=Sticky(cookie="weir"))
    first = upstreams.upstream("file", pool, "one")
    assert upstreams.upstream("file", pool, "one") is first
    assert upstreams.upstream("file", pool, "two") is not first


def test_what_no_version_names_is_retired(upstreams: Upstreams) -> None:
    (a,) = upstreams.upstream("file", Pool(name="u", targets=(A,))).turn.items
    (b,) = upstreams.upstream("api", Pool(name="u", targets=(B,))).turn.items
    upstreams.retain([("api", "u")])
    assert (a.retired, b.retired) == (True, False)
    assert list(upstreams.connections()) == []


class Nobody:
    """In place of the node agent's link."""

    connected = False

    def later(self, topic: str, body: Any, done: Callable[[Any | None], None]) -> None:
        done(None)


def test_an_upstream_at_which_nothing_is_repeated_any_more_has_no_budget() -> None:
    budgets = RetryBudgets(Nobody())
    upstreams = Upstreams(
        sweeper=Sweeper(), resolver=Resolver(), names=response_names(), limits=Limits(),
        context=ssl.create_default_context(), budgets=budgets,
    )  # fmt: skip
    upstream = upstreams.upstream("file", Pool(name="u", targets=(A,)))
    upstreams.is_retried("file", upstream, Settings())
    first = upstream.budget
    upstreams.retain([("file", "u")], [("file", "u")])
    assert budgets.of("file", "u", None) is first
    upstreams.retain([("file", "u")], [])
    assert upstream.budget is first, "requests that began before still spend from it"
    assert budgets.of("file", "u", None) is not first


def test_a_policy_that_is_not_known_is_refused(upstreams: Upstreams) -> None:
    nothing = Balance(policy="hash", hash_on="")
    with pytest.raises(ValueError, match=r"upstream u: balance hash\(\) is not built"):
        upstreams.upstream("file", Pool(name="u", targets=(A,), balance=nothing))


def test_what_is_known_of_a_target_survives_another_policy(upstreams: Upstreams) -> None:
    first = upstreams.upstream("file", Pool(name="u", targets=(A,), balance=Balance(policy="p2c")))
    first.turn.items[0].latency.answered(0.5, 200, 0.0)
    second = upstreams.upstream("file", Pool(name="u", targets=(A, B), balance=Balance(policy="least_conn")))
    assert second.turn.items[0].latency.seconds(0.0) == 0.5
    assert (first.measures, second.measures) == (True, False)
