"""What survives a publish."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from edge.deadlines import Sweeper
from edge.downstream.limits import Limits
from edge.http.names import response_names
from edge.retry.budget import RetryBudget
from edge.retry.budgets import RetryBudgets
from edge.upstream.concurrency_gates import Gates
from edge.upstream.health_board import HealthBoard
from edge.upstream.resolver import Resolver
from edge.upstream.upstreams import Upstreams
from tests.support.serving import serve
from weir.models.effective import Pool, Settings
from weir.models.rule_clauses import Timeout
from weir.models.upstream_clauses import Balance, Budget, Concurrency, Eject, SlowStart, Sticky, Target

A, B, C = (Target(url=f"http://127.0.0.1:{port}") for port in (1, 2, 3))


def upstreams_of(**more: Any) -> Upstreams:
    return Upstreams(
        sweeper=Sweeper(),
        resolver=Resolver(),
        names=response_names(),
        limits=Limits(),
        context=ssl.create_default_context(),
        **more,
    )


@pytest.fixture
def upstreams() -> Upstreams:
    return upstreams_of()


def test_an_unchanged_pool_is_the_same_upstream(upstreams: Upstreams) -> None:
    (first,) = serve(upstreams, Pool(name="u", targets=(A, B)))
    assert serve(upstreams, Pool(name="u", targets=(A, B))) == [first]


def test_another_timeout_keeps_whose_turn_it_is(upstreams: Upstreams) -> None:
    (first,) = serve(upstreams, Pool(name="u", targets=(A, B)))
    (second,) = serve(upstreams, Pool(name="u", targets=(A, B), timeout=Timeout(try_ms=5)))
    assert second is not first
    assert second.turn is first.turn


def test_a_target_that_stays_keeps_its_connections(upstreams: Upstreams) -> None:
    (a, _b) = serve(upstreams, Pool(name="u", targets=(A, B)))[0].targets
    assert serve(upstreams, Pool(name="u", targets=(A,)))[0].turn.items == (a,)
    assert not a.retired


def test_weight_0_keeps_its_connections_only_for_clients_that_stay(upstreams: Upstreams) -> None:
    off = Target(url=A.url, weight=0)
    (a,) = serve(upstreams, Pool(name="u", targets=(A,)))[0].targets
    serve(upstreams, Pool(name="u", targets=(off, B), sticky=Sticky(cookie="weir")), secret="secret")
    assert not a.retired
    serve(upstreams, Pool(name="u", targets=(off, B)))
    assert a.retired
    again = Pool(name="u", targets=(off, B), sticky=Sticky(cookie="weir"))
    assert not serve(upstreams, again, secret="secret")[0].targets[0].retired


def test_a_change_of_addresses_reaches_every_target_of_the_name(upstreams: Upstreams) -> None:
    first, second, other = (Target(url=f"http://{name}") for name in ("a.test:1", "a.test:2", "b.test:1"))
    made = serve(upstreams, Pool(name="u", targets=(first, second, other)))[0].targets
    upstreams._resolver.on_change("a.test", ("192.0.2.1",))
    assert [target._current for target in made] == [("192.0.2.1",), ("192.0.2.1",), None]


def test_another_secret_makes_other_cookies(upstreams: Upstreams) -> None:
    pool = Pool(name="u", targets=(A,), sticky=Sticky(cookie="weir"))
    first = serve(upstreams, pool, secret="one")
    assert serve(upstreams, pool, secret="one") == first
    assert serve(upstreams, pool, secret="two") != first


def test_what_no_version_names_is_retired(upstreams: Upstreams) -> None:
    files, apis = Pool(name="u", targets=(A,)), Pool(name="u", targets=(B,))
    of_file, of_api = serve(upstreams, files, ("api", apis))
    (a,), (b,) = of_file.targets, of_api.targets
    serve(upstreams, ("api", apis))
    assert (a.retired, b.retired) == (True, False)
    assert list(upstreams.connections()) == []


@pytest.mark.parametrize("seed", range(20))
def test_after_any_versions_exactly_the_targets_that_may_get_requests_are_kept(
    upstreams: Upstreams, seed: int
) -> None:
    chance = Random(seed)
    known: set[Any] = set()
    for _ in range(20):
        pools = []
        for name in chance.sample(["u", "v", "w"], chance.randrange(4)):
            targets = tuple(
                Target(url=f"http://127.0.0.1:{chance.randrange(1, 5)}", weight=chance.randrange(2))
                for _ in range(chance.randrange(1, 4))
            )
            sticky = Sticky(cookie="weir") if chance.random() < 0.3 else None
            pools.append(Pool(name=name, targets=targets, sticky=sticky))
        served = serve(upstreams, *pools)
        used = {target for upstream in served for target in upstream.in_use()}
        known |= used
        assert {target for target in known if not target.retired} == used
        assert set(upstreams._targets.values()) == used


def test_a_target_takes_requests_unless_it_is_out_or_another_version_s(upstreams: Upstreams) -> None:
    (first,) = serve(upstreams, Pool(name="u", targets=(A, B, C), eject=Eject(after=1)))
    assert first.health is not None
    a, b, c = first.targets
    assert [first.takes(one) for one in (a, b, c)] == [True, True, True]
    first.health.failed(a, time.monotonic())
    assert [first.takes(one) for one in (a, b, c)] == [False, True, True]
    (second,) = serve(
        upstreams, Pool(name="u", targets=(A, B, Target(url=C.url, weight=0)), eject=Eject(after=1))
    )
    assert [second.takes(one) for one in (a, b, c)] == [False, True, False]
    (third,) = serve(upstreams, Pool(name="u", targets=(A,)))
    assert [third.takes(one) for one in (a, b, c)] == [True, False, False]


class Nobody:
    """In place of the node agent's link."""

    connected = False

    def later(self, topic: str, body: Any, done: Callable[[Any | None], None]) -> None:
        done(None)


def test_an_upstream_at_which_nothing_is_repeated_any_more_has_no_budget() -> None:
    budgets = RetryBudgets(Nobody())
    upstreams = upstreams_of(budgets=budgets)
    draft = upstreams.draft()
    upstream = draft.upstream("file", Pool(name="u", targets=(A,)))
    draft.is_retried("file", upstream, Settings())
    upstreams.take(draft, [("file", "u")])
    first = upstream.budget
    assert first is not None
    assert budgets.of("file", "u", None) is first
    assert serve(upstreams, upstream.pool) == [upstream]
    assert upstream.budget is first, "requests that began before still spend from it"
    assert budgets.of("file", "u", None) is first, (
        "and so does the next version at which something is repeated"
    )


def test_a_policy_that_is_not_known_is_refused(upstreams: Upstreams) -> None:
    nothing = Balance(policy="hash", hash_on="")
    with pytest.raises(ValueError, match=r"upstream u: balance hash\(\) is not built"):
        serve(upstreams, Pool(name="u", targets=(A,), balance=nothing))


def test_what_is_known_of_a_target_survives_another_policy(upstreams: Upstreams) -> None:
    (first,) = serve(upstreams, Pool(name="u", targets=(A,), balance=Balance(policy="p2c")))
    first.turn.items[0].latency.answered(0.5, 200, 0.0)
    (second,) = serve(upstreams, Pool(name="u", targets=(A, B), balance=Balance(policy="least_conn")))
    assert second.turn.items[0].latency.seconds(0.0) == 0.5
    assert (first.measures, second.measures) == (True, False)


def test_a_draft_that_is_dropped_leaves_no_trace() -> None:
    board, gates, budgets = HealthBoard(), Gates(), RetryBudgets(Nobody())
    upstreams = upstreams_of(board=board, gates=gates, budgets=budgets)
    draft = upstreams.draft()
    pool = Pool(
        name="u", targets=(A, B), concurrency=Concurrency(limit=9), slow_start=SlowStart(for_ms=9_000)
    )
    served = draft.upstream("file", pool)
    draft.is_retried("file", served, Settings())
    upstreams.take(draft, [("file", "u")])
    assert served.health is not None
    assert served.gate is not None
    assert isinstance(served.budget, RetryBudget)
    for _ in range(5):
        served.health.failed(served.targets[0], time.monotonic())
    served.turn.scale((0.1, 1.0))
    before = (served.budget, served.budget.terms)

    dropped = upstreams.draft()
    changed = Pool(
        name="u",
        targets=(A, B),
        concurrency=Concurrency(limit=1),
        eject=Eject(after=2),
        budget=Budget(percent=50.0),
    )
    dropped.is_retried("file", dropped.upstream("file", changed), Settings())
    dropped.is_retried("file", served, Settings(budget=Budget(percent=50.0)))
    dropped.upstream("file", Pool(name="v", targets=(B, C), concurrency=Concurrency(limit=1)))
    assert served.gate.slots.limit == 9
    assert served.turn.weights == (0.1, 1.0)
    assert (served.budget, served.budget.terms) == before
    assert set(upstreams._targets) == {A.url, B.url}
    assert {labels[0] for _, labels, _ in gates.gauges()} == {"u"}
    board.hear({"ejected": [], "failing": [["file", "u", B.url, time.monotonic() + 100]]})
    assert {each.item.url for each in served.health.outs(time.monotonic())} == {A.url, B.url}
    assert [row[2] for row in board.report()["out"]] == [A.url, B.url]
    assert serve(upstreams, pool) == [served]


def test_the_second_target_of_an_upstream_starts_slowly_as_the_third_does(upstreams: Upstreams) -> None:
    slow = SlowStart(for_ms=3_600_000)
    assert serve(upstreams, Pool(name="u", targets=(A,), slow_start=slow))[0].turn.weights == (1,)
    (two,) = serve(upstreams, Pool(name="u", targets=(A, B), slow_start=slow))
    assert two.turn.weights == (1.0, 0.1)
    (three,) = serve(upstreams, Pool(name="u", targets=(A, B, C), slow_start=slow))
    assert three.turn.weights == pytest.approx((1.0, 0.1, 0.1), abs=0.05)


def test_who_starts_slowly_has_its_whole_weight_where_a_version_takes_slow_start_out(
    upstreams: Upstreams,
) -> None:
    slow = SlowStart(for_ms=3_600_000)
    serve(upstreams, Pool(name="u", targets=(A,), slow_start=slow))
    serve(upstreams, Pool(name="u", targets=(A, B), slow_start=slow))
    (still,) = serve(upstreams, Pool(name="u", targets=(A, B), slow_start=slow, timeout=Timeout(try_ms=5)))
    assert still.turn.weights == pytest.approx((1.0, 0.1), abs=0.05)
    (whole,) = serve(upstreams, Pool(name="u", targets=(A, B), eject=Eject(after=0)))
    assert whole.turn is still.turn
    assert whole.turn.weights == (1, 1)
    assert still.health is not None
    for _ in range(5):
        still.health.failed(still.targets[0], time.monotonic())
    assert whole.turn.weights == (1, 1), "also when a request of the version before fails"
    assert {one.url for one in still.health.out} == {A.url}


def test_an_upstream_that_is_new_has_its_whole_weight_at_once(upstreams: Upstreams) -> None:
    slow = SlowStart(for_ms=3_600_000)
    (new,) = serve(upstreams, Pool(name="u", targets=(A, B), slow_start=slow))
    assert new.turn.weights == (1, 1)
    (without,) = serve(upstreams, Pool(name="u", targets=(A, B), eject=Eject(after=0)))
    assert without.health is None
    (again,) = serve(upstreams, Pool(name="u", targets=(A, B), slow_start=slow))
    assert again.turn.weights == (1, 1)
