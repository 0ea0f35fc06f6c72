"""The node's part of retry budgets, with real workers' parts and a real store; time is the test's."""

from __future__ import annotations

from collections import Counter
from typing import Any

import gevent
import pytest

from edge.agent import budgets as module
from edge.agent.budgets import MAX_HOLDERS, divisor_of
from edge.agent.budgets_holder import AGAIN_S
from edge.agent.budgets_share import LENT_S
from edge.agent.budgets_wire import read_report
from tests.support.budget_node import Node, reply


def test_what_is_lent_ends_with_the_stores_bucket_and_half_is_kept_for_other_workers() -> None:
    node = Node()
    node.store.reply = reply(8)
    assert node.ask(want=16) == {
        "units": 4,
        "bucket": 7,
        "until": 1000.0 + 0.6 - 0.002,
        "why": "",
        "again": 0.0,
    }
    assert [node.ask(want=16)["units"] for _ in range(3)] == [2, 1, 1]
    assert len(node.store.calls) == 1


def test_a_refusal_is_remembered_and_asked_again_once_in_a_bucket() -> None:
    node = Node()
    node.store.reply = reply(0, "cap", left_ms=600, again_ms=5000)
    assert node.ask() == {"units": 0, "bucket": -1, "until": 0.0, "why": "cap", "again": 1000.6}
    node.now += 0.599
    assert node.ask()["why"] == "cap"
    assert len(node.store.calls) == 1
    node.now += 0.002
    node.ask()
    assert len(node.store.calls) == 2
    assert node.budgets.refused == {("file/u", "cap"): 3}


def test_the_store_is_asked_four_times_in_a_bucket_at_most() -> None:
    node = Node()
    node.store.reply = reply(1)
    assert [node.ask()["units"] for _ in range(5)] == [1, 1, 1, 1, 0]
    assert node.ask()["why"] == "busy"
    node.now += 0.6
    assert node.ask()["units"] == 1


def test_without_a_store_the_part_of_the_node_is_lent_a_window_after_the_first_word() -> None:
    node = Node()  # reserve 20: ten are the worker's own
    assert node.ask()["why"] == "reserve"
    node.now += 10.0 + module.LEND_RESERVE_S
    assert node.ask()["why"] == "reserve", "what an agent before may have lent is spent so much later"
    node.now += 0.01
    lent = [node.ask()["units"] for _ in range(12)]
    assert lent == [1] * 10 + [0] * 2
    node.now += 10.1
    assert node.ask()["units"] == 1


def test_a_store_that_hangs_is_asked_once_and_the_reserve_is_lent_in_time() -> None:
    node = Node()
    node.ask()
    node.now += 11
    node.store.calls.clear()
    node.store.hangs = True
    assert [node.ask()["units"] for _ in range(3)] == [1, 1, 1]
    assert len(node.store.calls) == 1, "one question at a time"
    node.store.waiting.pop()(None)
    node.store.hangs = False
    assert node.ask()["units"] == 1
    assert len(node.store.calls) == 2, "who was not answered does not ask again"


def test_of_several_that_wait_none_takes_a_store_that_answers_for_one_that_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "ANSWER_S", 5.0)
    node = Node(max_nodes=8)
    node.store.hangs = True
    asked = [gevent.spawn(node.ask, connection=connection) for connection in range(3)]
    gevent.sleep(0)
    for units in (1, 8):
        node.store.waiting.pop()(reply(units))
        while not node.store.waiting and not all(one.ready() for one in asked):
            gevent.sleep(0)
    answers = [one.get(timeout=5) for one in asked]
    assert [(answer["units"], answer["bucket"]) for answer in answers] == [(1, 7)] * 3
    assert len(node.store.calls) == 2


def test_what_the_store_grants_late_is_lent_to_the_next_one() -> None:
    node = Node()
    node.store.hangs = True
    assert node.ask()["why"] == "reserve"
    node.store.waiting.pop()(reply(4))
    node.store.left_alone = True
    assert node.ask() == {"units": 1, "bucket": 7, "until": 1000.0 + 0.6 - 0.002, "why": "", "again": 0.0}


def test_nothing_of_the_reserve_is_lent_to_a_worker_that_waits_no_longer() -> None:
    node = Node()
    node.ask()
    node.now += 11
    node.store.hangs = True

    class Slow(list[Any]):
        def append(self, call: Any) -> None:
            node.now += module.PATIENCE_S + 0.001

    node.store.calls = Slow()
    assert node.ask()["why"] == "busy"
    node.store.waiting.pop()(None)
    node.store.calls, node.store.hangs = [], False
    assert [node.ask()["units"] for _ in range(11)] == [1] * 10 + [0], "all of it is there"


def test_a_window_that_comes_back_waits_for_what_was_lent_under_another() -> None:
    """Each has a log of its own, and the reserve is one."""
    node = Node()
    for per_ms, units in ((10_000, 10), (20_000, 10), (10_000, 10)):
        assert node.ask(per_ms=per_ms)["units"] == 0
        node.now += per_ms / 1000 + module.LEND_RESERVE_S
        assert node.ask(per_ms=per_ms)["units"] == 0
        node.now += 0.01
        lent = [node.ask(per_ms=per_ms)["units"] for _ in range(units + 1)]
        assert lent == [1] * units + [0]


def test_in_quarantine_too_but_not_where_the_cap_or_the_credit_is_used_up() -> None:
    node = Node()
    node.ask()
    node.now += 11
    for why, units in (("quarantine", 1), ("cap", 0), ("ratio", 0)):
        node.store.reply = reply(0, why)
        assert node.ask()["units"] == units
        node.now += 1


def test_more_nodes_than_there_may_be_have_no_part() -> None:
    node = Node(max_nodes=2, nodes=3)
    node.ask()
    node.now += 11
    assert node.ask()["why"] == "reserve"
    node.nodes = 2
    assert node.ask()["units"] == 1


def test_what_workers_report_reaches_the_store_as_sums_and_is_said_again_if_it_was_lost() -> None:
    node = Node()
    report = node.report
    report(1000, 500, 0)  # the first word of a connection is where counting begins
    report(1100, 600, 2, back=[[7, 3]])
    report(50, 0, 0, connection=2)
    report(60, 0, 0, connection=2)
    node.budgets.flush()  # lost
    node.store.reply = reply(0)
    node.budgets.flush()
    node.budgets.flush()  # nothing new
    lost, heard = (call[-7:-2] for call in node.store.calls)
    # 110 attempts of 20 thousandths, 100 successes of 80, two refunds of 500.
    assert heard == [2, 110 * 20 + 100 * 80 + 2 * 500, 110, 0, 0]
    assert lost == [1, heard[1], 110, 7, 3], "what came back is not said twice"


def test_counts_that_fall_are_those_of_another_beginning_and_book_nothing() -> None:
    node = Node()
    for counts in ((1000, 500, 3), (900, 400, 1), (910, 420, 1)):
        node.report(*counts)
    node.budgets.flush()
    assert node.store.calls[-1][-6:-4] == [10 * 20 + 20 * 80, 10]


def test_what_came_back_is_said_again_if_it_was_never_sent() -> None:
    node = Node()
    node.report(0, 0, 0, back=[[7, 3]])
    node.store.left_alone = True
    node.budgets.flush()
    node.ask()
    assert node.store.calls == []
    node.store.left_alone, node.store.reply = False, reply(1)
    node.budgets.flush()
    node.ask()
    assert [call[-4:-2] for call in node.store.calls] == [[7, 3], [0, 0]]


def test_a_part_of_the_reserve_is_for_each_worker_who_waits_for_the_window_himself() -> None:
    node = Node(workers=2, max_nodes=2, nodes=2)
    said = {"worker": "a", "share_until": 0.0, "share_since": 0.0, "leaves": False}
    assert node.report(0, 0, 0, **said) == {"share": 0, "since": 0.0, "until": 0.0}
    node.ask(upstream="file/of-a-day", per_ms=86_400_000)
    node.now += LENT_S + 0.1
    began = 1000.0 + LENT_S
    assert node.report(0, 0, 0, **said) == {"share": 8, "since": began, "until": node.now + LENT_S}
    node.nodes = 3
    assert node.report(0, 0, 0, **said)["until"] == 0.0, "more nodes than there may be have no part"
    node.nodes = 2
    assert node.report(0, 0, 0, **said | {"leaves": True})["until"] == 0.0
    assert node.report(0, 0, 0, **said | {"worker": "b"})["since"] == began, "that of nobody first"
    assert node.report(0, 0, 0, **said | {"worker": "c"})["since"] == node.now


@pytest.mark.parametrize("held", [{}, {"share_until": 1030.0}, {"share_until": "x", "share_since": None}])
def test_what_an_older_worker_says_of_its_part_is_understood(held: dict[str, Any]) -> None:
    node = Node()
    until = node.report(0, 0, 0, worker="a", **held)["until"]
    assert until == (1000.0 + LENT_S if held.get("share_until") == 1030.0 else 0.0)


def test_near_the_end_of_a_long_bucket_nobody_is_kept_waiting() -> None:
    node = Node()
    node.store.reply = reply(1, left_ms=3000)
    day = 86_400_000
    assert node.ask(per_ms=day)["why"] == "busy", (
        "what is left of the bucket is no use: clocks may differ by so much"
    )
    assert len(node.store.calls) == 1
    again = node.ask(per_ms=day)
    assert (again["why"], again["again"]) == ("busy", node.now + AGAIN_S)
    assert len(node.store.calls) == 1, "nor is the store asked"


def test_the_end_of_the_agent_gives_back_what_it_holds() -> None:
    node = Node()
    node.store.reply = reply(8)
    node.ask(want=16)
    node.budgets.stop()
    assert node.store.calls[-1][-4:-2] == [7, 4]


def test_there_are_not_more_budgets_than_the_bound() -> None:
    node = Node()
    for number in range(MAX_HOLDERS):
        report = read_report([f"u{number}", [1, 1, 10, None], [0, 0, 0], []])
        node.budgets._book(1, report, 0.0, 0.0)  # type: ignore[arg-type]
    one_more = {"report": ["file/one-more", [1, 1, 10, None], [0, 0, 0], []], "need": 1, "want": 1}
    assert node.budgets.answer(1, one_more) is None


def test_budgets_that_nobody_speaks_of_are_forgotten() -> None:
    node = Node()
    node.store.reply = reply(0)
    node.ask()
    assert len(node.budgets.state()) == 1
    node.budgets.flush()
    node.ask(upstream="file/v", per_ms=10_000)
    node.ask(upstream="file/v", per_ms=1_000_000)
    node.now += module.FORGET_S + 2 * 10 + 1
    node.budgets.flush()
    node.budgets.flush()
    assert [entry["window_ms"] for entry in node.budgets.state()] == [1_000_000]
    assert {upstream for upstream, _ in node.budgets.refused} == {"file/v"}
    assert set(node.budgets._seen[1]) == set(node.budgets._widths) == {"file/v"}


def test_a_lone_node_takes_all_and_of_many_each_a_part() -> None:
    assert [divisor_of(nodes) for nodes in (0, 1, 2, 4, 5, 100)] == [1, 1, 2, 2, 3, 50]


def test_a_budget_that_was_forgotten_is_another_holder_to_the_store() -> None:
    """The store may still know the last number of the one before, and takes no word with a smaller one."""
    node = Node()
    node.store.reply = reply(0)
    for _ in range(2):
        node.ask()
        node.now += module.FORGET_S + 2 * 10 + 1
        node.budgets.flush()
    before, after = (call[2] for call in node.store.calls)
    assert before != after
    assert [call[-7] for call in node.store.calls] == [1, 1]


def test_the_words_of_many_budgets_leave_room_for_others() -> None:
    node = Node()
    node.store.reply = reply(0)
    for number in range(2 * module.STRIDE + 3):
        node.report(0, 0, 0, upstream=f"file/u{number}")
    node.budgets.flush()
    assert node.pauses == [module.STRIDE, 2 * module.STRIDE]
    assert len(node.store.calls) == 2 * module.STRIDE + 3


def test_the_page_looks_at_what_was_refused_once_however_many_budgets_there_are() -> None:
    class Counted(Counter[tuple[str, str]]):
        looks = 0

        def items(self) -> Any:
            self.looks += 1
            return super().items()

    node = Node()
    node.budgets.refused = refused = Counted()
    for number in range(20):
        node.ask(upstream=f"file/u{number}")
    page = node.budgets.page()
    assert [entry["refused"] for entry in page["budgets"]] == [{"reserve": 1}] * 20
    assert refused.looks == 1


@pytest.mark.parametrize(
    ("before", "after", "lent"), [(100, 0, 0), (None, 99, 0), (100, 100, 1), (100, 101, 1), (100, None, 1)]
)
def test_units_above_a_cap_that_fell_are_lent_to_nobody_and_go_back(
    before: int | None, after: int | None, lent: int
) -> None:
    node = Node()
    node.store.reply = reply(8)
    node.ask(want=16, most=before)
    node.store.reply = reply(0, "cap")
    assert node.ask(most=after)["units"] == lent
    if not lent:
        assert node.store.calls[-1][-4:-2] == [7, 4]


def test_nor_are_those_that_were_asked_for_before_it_fell() -> None:
    node = Node()
    node.store.hangs = True
    node.ask()
    node.ask(most=0)
    node.store.waiting.pop()(reply(8))
    node.store.hangs, node.store.reply = False, reply(0, "cap")
    assert node.ask(most=0)["units"] == 0
