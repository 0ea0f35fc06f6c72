"""The node's holder of limits on a real store, without worker processes: one agent, or two that compete."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from prometheus_client import CollectorRegistry

from edge.agent.limits.holder import AT_ONCE, LimitHolder
from edge.agent.limits.metrics import LimitMetrics
from edge.agent.pipe_metrics import PipeMetrics
from edge.agent.store_pipe import StorePipe
from edge.limiting.clock import boot_s
from edge.limiting.wire import AWAY, FULL, GRANTED, OPEN, Answer, Item, Terms, question
from tests.support.servers import RunningServer, server_folder, start_server
from weir.store.connect import connect
from weir.store.keys import Keys

DAY = Terms("file/gold", "sliding", 10, 86_400_000, 1, "share", 0)


class Node:
    """``now`` is the holder's clock, which stands still unless a test moves it."""

    def __init__(self, server: RunningServer, name: str, nodes: int = 1) -> None:
        self.registry = CollectorRegistry()
        self.pipe = StorePipe(connect(server.url, timeout_s=5.0), PipeMetrics(self.registry))
        self.pipe.start()
        self.now, self.said = 1000.0, []
        self.holder = LimitHolder(
            self.pipe,
            Keys("test"),
            name,
            nodes=lambda: nodes,
            workers=lambda: 2,
            max_nodes=4,
            announce=lambda topic, body: self.said.append((topic, body)),
            metrics=LimitMetrics(self.registry),
            clock=lambda: self.now,
        )

    def ask(self, *items: Item, returns: Any = (), worker: int = 1) -> list[Answer]:
        return [Answer(*each) for each in self.holder.answer(worker, question(items, returns))]

    def one(self, terms: Terms = DAY, key: str = "", need: int = 1, **more: Any) -> Answer:
        demand, beyond = more.pop("demand", 0.0), more.pop("beyond", 0.0)
        return self.ask(Item(terms, key, need, need, False, demand, beyond), **more)[0]

    def flush(self) -> None:
        """What the holder does each second."""
        for stock in list(self.holder._active):
            self.holder._give_back(stock, self.now)
        for stock in list(self.holder._active):
            if stock.fetching:
                stock.fetching.wait(5)

    def metric(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0


@pytest.fixture(scope="module")
def running() -> Iterator[RunningServer]:
    with server_folder() as folder:
        server = start_server(folder)
        yield server
        server.stop()


@pytest.fixture
def server(running: RunningServer) -> RunningServer:
    running.admin().flushall()
    return running


@pytest.fixture
def node(server: RunningServer) -> Iterator[Node]:
    made = Node(server, "n1")
    yield made
    made.pipe.stop()


@pytest.fixture
def other(server: RunningServer) -> Iterator[Node]:
    made = Node(server, "n2")
    yield made
    made.pipe.stop()


def test_a_small_limit_is_spent_token_by_token_and_not_once_more(node: Node, other: Node) -> None:
    answers = [each.one() for _ in range(10) for each in (node, other)]
    assert sum(answer.granted for answer in answers) == 10
    assert all(answer.granted in (0, 1) for answer in answers)
    assert node.metric("weir_limit_store_calls_total") <= 10


def test_a_refusal_names_the_time_and_is_not_asked_for_again(node: Node) -> None:
    for _ in range(10):
        node.one()
    refused = node.one()
    calls = node.metric("weir_limit_store_calls_total")
    assert refused.why == FULL
    assert 86_000 < refused.retry_s <= 86_400 + 2 * 1440
    assert 0 < refused.wait_s <= 5.0
    assert node.one().why == FULL
    assert node.metric("weir_limit_store_calls_total") == calls


def test_a_large_limit_is_leased_ahead_of_demand(node: Node) -> None:
    terms = DAY._replace(most=1_000_000)
    answers = [node.one(terms, demand=400.0, worker=worker) for worker in (1, 2) for _ in range(10)]
    assert sum(answer.granted for answer in answers) > 200
    assert node.metric("weir_limit_store_calls_total") < 20


def test_a_sub_lease_ends_with_the_lease(node: Node) -> None:
    terms = DAY._replace(most=1_000_000)
    for worker in (1, 2):
        assert 1000.0 + 1430 < node.one(terms, demand=400.0, worker=worker).ends <= 1000.0 + 2 * 1440


def test_a_worker_whose_tokens_end_soon_gets_some_that_last_longer(node: Node) -> None:
    terms = DAY._replace(most=1_000_000, per_ms=10_000)  # buckets of 500 ms
    node.holder._clock = boot_s
    first = [node.one(terms, demand=400.0, worker=worker) for worker in (1, 2)][-1]
    gevent.sleep(max(0.0, first.ends - boot_s() - 0.35))
    calls = node.metric("weir_limit_store_calls_total")
    later = [node.one(terms, demand=400.0, beyond=first.ends, worker=worker) for worker in (1, 2)]
    assert first.ends + 0.4 < later[0].ends == later[1].ends
    assert node.metric("weir_limit_store_calls_total") == calls + 1


@pytest.mark.parametrize("word", ["closed", "open"])
def test_with_the_store_away_who_asks_ahead_gets_what_is_at_hand(
    node: Node, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    terms = DAY._replace(most=1_000_000, per_ms=10_000, on_store_failure=word)
    node.one(terms, demand=200.0)
    first = node.one(terms, demand=200.0, worker=2)
    monkeypatch.setattr(StorePipe, "available", False)
    ahead = node.one(terms, demand=200.0, beyond=first.ends, returns=[(first.lease, 20)])
    assert (ahead.why, ahead.granted > 0) == (GRANTED, True)


def test_what_workers_give_back_is_handed_on_or_returned_to_the_store(node: Node, other: Node) -> None:
    first = node.one(need=10)
    assert other.one().why == FULL
    assert node.one(returns=[(first.lease, 4)]).granted == 1
    node.now += 2.0
    node.flush()
    other.now += 6.0
    assert sum(other.one().granted for _ in range(10)) == 3


def test_more_than_was_handed_does_not_come_back(node: Node) -> None:
    first = node.one(need=3)
    node.ask(returns=[(first.lease, 100)])
    assert sum(node.one().granted for _ in range(20)) == 10
    assert node.one(returns=[(1, 5), (first.lease, -3)]).why == FULL


def test_two_limits_are_asked_for_at_once_and_given_together_or_not_at_all(node: Node) -> None:
    wide, narrow = DAY._replace(identity="file/wide"), DAY._replace(identity="file/narrow", most=1)
    items = [Item(terms, "", 1, 1, False, 0.0) for terms in (wide, narrow)]
    assert [answer.granted for answer in node.ask(*items)] == [1, 1]
    assert node.metric("weir_counters_round_trip_seconds_count") == 1
    assert [(answer.why, answer.granted) for answer in node.ask(*items)] == [(GRANTED, 0), (FULL, 0)]
    assert sum(node.one(wide).granted for _ in range(20)) == 9


def test_a_limit_that_only_watches_refuses_nothing(node: Node) -> None:
    narrow = DAY._replace(identity="file/narrow", most=1)
    items = [Item(DAY, "", 1, 1, False, 0.0), Item(narrow, "", 1, 1, True, 0.0)]
    assert [answer.granted for answer in node.ask(*items)] == [1, 1]
    assert [answer.granted for answer in node.ask(*items)] == [1, 0]


def test_who_comes_while_a_call_is_under_way_waits_for_it(node: Node) -> None:
    asked = [gevent.spawn(node.one, worker=number) for number in range(15)]
    gevent.joinall(asked, timeout=5)
    assert sum(each.value.granted for each in asked) == 10
    assert node.metric("weir_limit_store_calls_total") <= 4


def test_smooth_and_calendar_limits_are_counted_too(node: Node, other: Node) -> None:
    smooth = Terms("file/smooth", "smooth", 10, 3_600_000, 3, "share", 0)
    month = Terms("file/month", "calendar", 7, 0, 1, "share", 0)
    for terms, most in ((smooth, 3), (month, 7)):
        answers = [each.one(terms) for _ in range(8) for each in (node, other)]
        assert sum(answer.granted for answer in answers) == most
    assert 300 < node.one(smooth).retry_s <= 360


def test_the_store_is_not_asked_for_a_smooth_limit_before_there_is_something(node: Node) -> None:
    terms = Terms("file/smooth", "smooth", 1, 3_600_000, 1, "share", 0)
    node.one(terms)
    for _ in range(40):
        assert node.one(terms).why == FULL
        node.now += 0.1
    assert node.metric("weir_limit_store_calls_total") == 2


def test_a_limit_that_lets_all_pass_does_not_take_the_tokens_of_another(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe, calls = node.pipe.later, []

    def later(call: Any, done: Any) -> None:
        calls.append(call)
        if len(calls) == 1:
            done(None)
        else:
            pipe(call, done)

    monkeypatch.setattr(node.pipe, "later", later)
    lost, counted = DAY._replace(identity="file/lost", on_store_failure="open"), DAY
    answers = node.ask(*(Item(terms, "", 1, 1, False, 0.0) for terms in (lost, counted)))
    assert [(answer.why, answer.granted) for answer in answers] == [(OPEN, 0), (GRANTED, 1)]


def test_many_keys_that_give_back_leave_turns_to_those_who_wait(node: Node) -> None:
    most = DAY._replace(most=10**6)
    held = [node.one(most, str(number), demand=100.0) for number in range(3 * AT_ONCE)]
    node.ask(returns=[(answer.lease, answer.granted) for answer in held])
    node.now += 5.0
    seen, running = [], True

    def others() -> None:
        while running:
            seen.append(sum(1 for stock in node.holder._active if stock.fetching))
            gevent.sleep(0)

    watching = gevent.spawn(others)
    gevent.sleep(0)
    node.holder._give_back_all()
    running = False
    watching.join(timeout=5)
    assert 0 < seen[1] <= AT_ONCE


def test_a_large_quota_is_leased_and_the_rest_comes_back(node: Node, other: Node) -> None:
    month = Terms("file/month", "calendar", 10_000, 0, 1, "share", 0)
    node.one(month)
    assert 1 < node.one(month, demand=50.0).granted <= 100
    node.now += 2.0
    node.flush()
    taken = 2 + sum(handed.tokens for stock in node.holder._active for handed in stock.handed.values()) - 2
    assert other.one(month).left == 10_000 - taken - 1


def test_a_quota_survives_the_loss_of_all_data(node: Node, other: Node, server: RunningServer) -> None:
    month = Terms("file/month", "calendar", 20, 0, 1, "share", 0)
    for each in (node, other, node, other):
        each.one(month, need=3)
    server.admin().flushall()
    assert sum(each.one(month).granted for _ in range(20) for each in (node, other)) == 8


@pytest.mark.parametrize(
    ("word", "why", "granted"),
    [("share", FULL, 5), ("share strict", FULL, 0), ("open", OPEN, 0), ("closed", AWAY, 0)],
)
def test_without_a_store_the_limits_own_word_decides(
    server: RunningServer, word: str, why: str, granted: int
) -> None:
    server.freeze()
    node = Node(server, "n1", nodes=2)
    node.pipe.stop()
    node.pipe.later = lambda _call, done: done(None)  # type: ignore[method-assign]
    server.thaw()
    answers = [node.one(DAY._replace(on_store_failure=word)) for _ in range(20)]
    assert sum(answer.granted for answer in answers) == granted
    assert answers[-1].why == why


def test_a_node_that_has_not_heard_how_many_there_are_takes_the_least_share_that_it_may_have(
    server: RunningServer,
) -> None:
    """All agents start again while the store is away: each for itself would be the only one."""
    server.freeze()
    node = Node(server, "n1", nodes=0)
    node.pipe.stop()
    node.pipe.later = lambda _call, done: done(None)  # type: ignore[method-assign]
    server.thaw()
    assert sum(node.one().granted for _ in range(20)) == 10 // 4
    node.holder._tell()
    assert node.said == [("limit", [4, 2])]
    assert node.holder.page()["nodes"] == 4


def test_share_strict_keeps_a_reserve_that_the_store_never_grants(server: RunningServer) -> None:
    node = Node(server, "n1")
    terms = DAY._replace(most=100, on_store_failure="share strict", per_ms=60_000)
    granted = sum(node.one(terms).granted for _ in range(120))
    assert granted == 80
    node.pipe.stop()
    node.pipe.later = lambda _call, done: done(None)  # type: ignore[method-assign]
    node.now += 100.0  # since the start, so that no earlier life has spent of the reserve
    assert sum(node.one(terms).granted for _ in range(40)) == 5


def test_a_store_that_forgot_a_window_is_not_believed_within_it(node: Node, server: RunningServer) -> None:
    terms = DAY._replace(per_ms=60_000)
    first = sum(node.one(terms).granted for _ in range(6))
    server.admin().flushall()
    later = sum(node.one(terms).granted for _ in range(20))
    assert (first, later) == (6, 4)
    assert node.metric("weir_limit_quarantines_total") == 1


def test_a_server_that_became_another_one_is_not_believed_for_a_window_of_any_key(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even for a key that only other nodes had; and for one window, however often it answers within it."""
    terms = DAY._replace(per_ms=60_000, on_store_failure="open")
    histories = {"": "one"}
    monkeypatch.setattr(node.pipe, "history", lambda _key: histories[""])
    node.now += 100.0
    assert node.one(terms, "early").why == GRANTED, "met late, but not new"
    histories[""] = "two"
    assert [node.one(terms, key).why for key in ("early", "late")] == [OPEN, OPEN]
    node.now += 30.0
    assert [node.one(terms, key).why for key in ("early", "late", "third")] == [OPEN, OPEN, OPEN]
    assert node.metric("weir_limit_quarantines_total") == 3
    node.now += 34.0
    assert [node.one(terms, key).why for key in ("early", "late", "third", "fourth")] == [
        GRANTED, GRANTED, OPEN, GRANTED,
    ]  # fmt: skip
    node.now += 30.0
    assert node.one(terms, "third").why == GRANTED


def test_primaries_of_a_cluster_that_are_met_late_are_believed(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms, primary = DAY._replace(per_ms=60_000, on_store_failure="open"), ["1"]
    monkeypatch.setattr(node.pipe, "place", lambda _key: f"10.0.0.{primary[-1]}:6379")
    monkeypatch.setattr(node.pipe, "history", lambda _key: f"history {primary[-1]}")
    for number in range(100):
        node.now += 100.0
        primary.append(str(number))
        assert node.one(terms, f"key {number}").why == GRANTED
    for number in range(100):
        primary.append(str(number))
        assert node.one(terms, f"key {number}").why == GRANTED
    assert node.metric("weir_limit_quarantines_total") == 0


def test_a_quarantine_is_not_longer_for_a_key_that_is_asked_for_in_it(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = DAY._replace(per_ms=60_000)
    histories = iter(["one"])
    monkeypatch.setattr(node.pipe, "history", lambda _key: next(histories, "two"))
    node.one(terms)
    node.one(terms)
    (stock,) = node.holder._active
    for _ in range(6):
        node.now += 10.0
        node.one(terms)
        assert stock.is_in_quarantine(node.now)
    node.now += 3.0
    assert not stock.is_in_quarantine(node.now)


def test_above_max_keys_all_further_keys_share_one(node: Node, server: RunningServer) -> None:
    terms = DAY._replace(max_keys=3)
    assert sum(node.one(terms, key=f"k{number}").granted for number in range(50)) == 3 + 10
    assert server.admin().dbsize() == 4
    assert sum(node.one(terms, key="k0").granted for _ in range(20)) == 9


def test_a_publish_that_raises_a_limit_keeps_what_was_counted(node: Node) -> None:
    for _ in range(12):
        node.one()
    node.now += 10.0
    assert sum(node.one(DAY._replace(most=15)).granted for _ in range(20)) == 5


def test_a_question_that_is_none_is_not_answered(node: Node) -> None:
    assert node.holder.answer(1, "odd") is None


def test_the_end_gives_back_what_is_left(node: Node, other: Node) -> None:
    first = node.one(need=10)
    node.ask(returns=[(first.lease, 6)])
    node.holder.stop()
    assert sum(other.one().granted for _ in range(10)) == 6


def test_workers_are_told_how_many_share(node: Node) -> None:
    node.holder._tell()
    node.holder._tell()
    assert node.said == [("limit", [1, 2])]
