"""The worker's part: what is lent is spent in time and at once; everything else is a short, bounded question."""

from __future__ import annotations

from typing import Any

import gevent
import pytest

from edge.retry.budget import AGAIN_S, AHEAD_S, AWAY_S, MOST_BACK
from edge.retry.budget_demand import LIVELY_S
from edge.retry.budget_silence import LATE_S
from edge.retry.budgets import RetryBudgets
from tests.support.budget_worker import CLAUSE, Worker, lends, refuses
from weir.models.upstream_clauses import Budget


@pytest.fixture
def worker() -> Worker:
    return Worker()


def test_what_is_lent_is_spent_without_asking_until_its_time_is_over(worker: Worker) -> None:
    worker.agent.answers = [lends(9), refuses("cap", 101.0)]
    assert [worker.take(), worker.take()] == ["", ""]
    assert len(worker.agent.asked) == 1
    worker.now = 100.5
    assert worker.take() == "cap"
    assert worker.agent.asked[1]["report"][3] == [[7, 7]], "what was not spent goes back"


def test_where_there_is_demand_more_is_asked_for_before_all_is_spent(worker: Worker) -> None:
    worker.agent.answers = [lends(2, until=101.0)]
    assert worker.take() == ""
    low = worker.agent.asked[-1]
    assert low["need"] == 0
    assert low["want"] > 1
    assert worker.take() == "", "nobody waits for it"
    assert len(worker.agent.asked) == 2
    worker.agent.waiting.pop()(lends(2, until=101.0))
    assert worker.take() == ""


def test_what_another_bucket_needs_is_asked_for_when_it_begins(worker: Worker) -> None:
    worker.agent.answers = [lends(9)]
    worker.take()
    wait_s = worker.budgets.look_ahead()
    assert wait_s == pytest.approx(0.5 + AHEAD_S)
    worker.now += wait_s
    worker.agent.answers = [lends(3, until=101.5, bucket=8)]
    assert worker.budgets.look_ahead() is None
    assert [worker.agent.asked[-1][field] for field in ("need", "want")] == [0, 2]
    assert worker.budgets.look_ahead() == pytest.approx(101.5 + AHEAD_S - worker.now)
    worker.now = 101.6
    worker.budgets.look_ahead()
    worker.now += 10
    assert worker.budgets.look_ahead() is None, "without demand nothing is asked for"
    assert len(worker.agent.asked) == 3


def test_that_nothing_was_lent_ahead_is_no_refusal(worker: Worker) -> None:
    worker.agent.answers = [lends(1, until=101.0), refuses("", 0.0), lends(1, until=101.0)]
    assert [worker.take(), worker.take()] == ["", ""]
    assert [asked["need"] for asked in worker.agent.asked[:3]] == [1, 0, 1]


def test_whatever_is_said_says_when_for_the_agent_may_stand_still(worker: Worker) -> None:
    worker.agent.answers = [{"share": 0, "until": 0.0}, lends(1, until=102.0)]
    worker.budgets.report()
    worker.now += 1.5
    worker.take()
    assert {body["at"] for body in worker.agent.asked[:1]} == {100.0}
    assert {body["at"] for body in worker.agent.asked[1:]} == {101.5}


def test_a_new_budget_is_told_of_before_anything_happens_at_it(worker: Worker) -> None:
    worker.agent.answers = [{"share": 0, "until": 0.0}] * 2
    worker.budgets.report()
    worker.budgets.report()
    assert [[report[0] for report in body["reports"]] for body in worker.agent.asked] == [["file/u"], []]


def test_a_refusal_holds_as_long_as_it_says(worker: Worker) -> None:
    worker.agent.answers = [refuses("ratio", 100.3), lends(1)]
    assert [worker.take(), worker.take()] == ["ratio", "ratio"]
    assert len(worker.agent.asked) == 1
    worker.now = 100.31
    assert worker.take() == ""


def test_a_cost_of_two_is_not_paid_with_one(worker: Worker) -> None:
    worker.agent.answers = [lends(1), lends(1), refuses("cap", 101.0)]
    assert worker.take(2) == ""
    assert worker.agent.asked[0]["need"] == 2
    assert worker.take(1) == "cap"


def test_a_refusal_of_two_says_nothing_of_one(worker: Worker) -> None:
    """The agent may have one left."""
    worker.agent.answers = [
        refuses("cap", 100.9),
        lends(1, until=110.0),
        refuses("", 0.0),
        refuses("cap", 101.0),
    ]
    assert [worker.take(2), worker.take(2), worker.take(1)] == ["cap", "cap", ""]
    assert [asked["need"] for asked in worker.agent.asked[:2]] == [2, 1]


def test_a_refusal_of_one_holds_for_two(worker: Worker) -> None:
    worker.agent.answers = [refuses("cap", 100.9), refuses("ratio", 100.9)]
    assert [worker.take(2), worker.take(1), worker.take(2), worker.take(1)] == ["cap", *["ratio"] * 3]
    assert len(worker.agent.asked) == 2


def test_without_an_agent_one_unit_may_be_left_where_two_are_not(worker: Worker) -> None:
    worker.agent.answers = [{"share": 20, "since": 50.0, "until": 160.0}]
    worker.budgets.report()
    worker.agent.connected = False
    assert [worker.take(2), worker.take(2), worker.take(1), worker.take(1)] == ["away", "away", "", "away"]


def test_many_ask_once_and_nobody_waits_longer_than_said(worker: Worker) -> None:
    budget = RetryBudgets(worker.agent).of("file", "u", CLAUSE)
    takers = [gevent.spawn(budget.take, 1, 0.02) for _ in range(5)]
    gevent.joinall(takers, timeout=60, raise_error=True)
    assert {taker.value.why for taker in takers} == {"busy"}
    assert len(worker.agent.asked) == 1


def test_an_answer_that_comes_late_still_lends(worker: Worker) -> None:
    assert worker.budget.take(1, 0.0).why == "busy"
    worker.agent.waiting.pop()(lends(2))
    assert [worker.take(), worker.take()] == ["", ""]


def test_without_an_agent_there_is_the_share_of_the_reserve_that_was_told(worker: Worker) -> None:
    worker.agent.connected = False
    assert worker.take() == "away", "nobody ever told of a share"
    worker.agent.connected = True
    worker.agent.answers = [{"share": 10, "since": 50.0, "until": 160.0}]
    worker.budgets.report()
    worker.agent.connected = False
    worker.now += AWAY_S
    assert [worker.take(), worker.take(), worker.take()] == ["", "", "away"]
    worker.now = 161.0
    assert worker.take() == "away", "a share that is not renewed ends"


def test_what_another_spent_of_a_share_is_waited_for_by_the_window_of_each_budget(worker: Worker) -> None:
    short = worker.budget
    long = worker.budgets.of("file", "of-an-hour", Budget(percent=10.0, max=100, per_ms=3_600_000))
    worker.agent.answers = [{"share": 10, "since": 95.0, "until": 160.0}]
    worker.budgets.report()
    worker.agent.connected = False
    granted = {}
    for worker.now in (105.0, 105.2, 3695.0, 3695.2):
        if worker.now > 3600:
            worker.budgets._share.until = 3700.0
        granted[worker.now] = [budget.take(1, 0.0).granted for budget in (short, long)]
    assert granted == {105.0: [False] * 2, 105.2: [True, False], 3695.0: [True, False], 3695.2: [True, True]}


def test_a_worker_says_what_it_holds_and_one_that_leaves_has_no_share_from_then_on(worker: Worker) -> None:
    share = {"share": 10, "since": 50.0, "until": 160.0}
    worker.agent.answers = [share]
    worker.budgets.report()
    worker.budgets.report()
    under_way = worker.agent.waiting.pop()
    worker.budgets.leave()
    under_way(share)
    said = [
        [body[field] for field in ("leaves", "share_since", "share_until")] for body in worker.agent.asked
    ]
    assert said == [[False, 0.0, 0.0], [False, 50.0, 160.0], [True, 50.0, 0.0]]
    worker.agent.connected = False
    assert worker.take() == "away"


def test_a_refusal_holds_a_second_at_most_whatever_the_agent_said(worker: Worker) -> None:
    worker.agent.answers = [refuses("ratio", 8_000.0), lends(1, until=102.0)]
    assert worker.take() == "ratio"
    worker.now += AGAIN_S - 0.01
    assert worker.take() == "ratio"
    worker.now += 0.01
    assert worker.take() == ""


def test_an_agent_that_does_not_answer_counts_as_away(worker: Worker) -> None:
    worker.agent.answers = [None]
    assert worker.take() == "away"
    assert len(worker.agent.asked) == 1


def test_counts_are_sums_and_are_said_again_if_they_were_lost(worker: Worker) -> None:
    worker.budget.attempted()
    worker.budget.attempted()
    worker.budget.succeeded(retry=False)
    worker.budget.succeeded(retry=True)
    worker.agent.answers = [None, {"share": 0, "until": 0.0}]
    for _ in range(3):
        worker.budgets.report()
    said = [[report[2] for report in body["reports"]] for body in worker.agent.asked]
    assert said == [[[2, 2, 1]], [[2, 2, 1]], []]


def test_the_end_of_the_worker_gives_back_what_it_holds(worker: Worker) -> None:
    worker.agent.answers = [lends(3)]
    worker.take()
    worker.budgets.finish()
    assert worker.agent.asked[-1]["reports"][0][3] == [[7, 2]]
    assert worker.budget.take(1, 0.0).why == "busy"


class TestAnAgentThatHangs:
    """Its connection stays open."""

    @pytest.fixture
    def hung(self, worker: Worker) -> Worker:
        """After it told of a share of two units."""
        worker.agent.answers = [{"share": 10, "until": 160.0}]
        worker.budgets.report()
        return worker

    def wakes(self, worker: Worker, answer: Any) -> None:
        waiting, worker.agent.waiting = worker.agent.waiting, []
        for done in waiting:
            done(answer)

    def test_after_a_second_without_an_answer_there_is_the_share_and_nobody_waits(self, hung: Worker) -> None:
        assert hung.budget.take(1, 0.0).why == "busy"
        hung.now += LATE_S
        assert hung.budget.take(1, 0.0).why == "busy"
        hung.now += 0.01
        asked = len(hung.agent.asked)
        assert [hung.take(), hung.take(), hung.take()] == ["", "", "away"]
        hung.now += AWAY_S
        assert hung.take() == "away"
        assert len(hung.agent.asked) == asked

    def test_what_one_budget_finds_out_holds_for_all(self, hung: Worker) -> None:
        other = hung.budgets.of("file", "v", CLAUSE)
        assert hung.budget.take(1, 0.0).why == "busy"
        hung.now += LATE_S + 0.01
        assert other.take(1, 0.0).granted
        assert len(hung.agent.asked) == 2

    def test_a_report_that_is_not_answered_tells_it_before_the_first_retry(self, hung: Worker) -> None:
        hung.budgets.report()
        hung.now += LATE_S + 0.01
        assert hung.take() == ""

    def test_that_a_question_is_given_up_is_no_answer(self, hung: Worker) -> None:
        assert hung.budget.take(1, 0.0).why == "busy"
        hung.budgets.report()
        hung.now += 5.0
        self.wakes(hung, None)
        hung.now += AWAY_S
        assert [hung.take(), hung.take(), hung.take()] == ["", "", "away"]

    def test_the_next_answer_ends_it(self, hung: Worker) -> None:
        hung.budgets.report()
        hung.now += LATE_S + 0.01
        assert hung.take() == ""
        self.wakes(hung, {"share": 10, "until": 160.0})
        hung.agent.answers = [lends(5, until=110.0)]
        assert [hung.take() for _ in range(5)] == [""] * 5

    def test_another_agent_is_asked_at_once(self, hung: Worker) -> None:
        assert hung.budget.take(1, 0.0).why == "busy"
        hung.now += 3.0
        hung.agent.connected = False
        self.wakes(hung, None)
        hung.agent.connected = True
        hung.now += AWAY_S
        hung.agent.answers = [lends(1, until=110.0)]
        assert hung.take() == ""
        assert len(hung.agent.answers) == 0

    def test_units_are_not_asked_for_ahead(self, hung: Worker) -> None:
        hung.agent.answers = [lends(64)]
        hung.take()
        hung.budgets.report()
        hung.now += LATE_S + 0.01
        asked = len(hung.agent.asked)
        hung.budgets.look_ahead()
        assert len(hung.agent.asked) == asked


def test_a_question_that_got_lost_is_asked_again_after_a_while(worker: Worker) -> None:
    assert worker.budget.take(1, 0.0).why == "busy"
    worker.now += LATE_S
    worker.agent.answers = [{"share": 0, "until": 0.0}]
    worker.budgets.report()
    assert worker.budget.take(1, 0.0).why == "busy"
    assert len(worker.agent.asked) == 2, "the question, and the report"
    worker.now += 0.01
    worker.agent.answers = [lends(1, until=110.0)]
    assert worker.take() == ""


def test_what_was_lent_while_somebody_waited_is_not_spent_after_its_time(worker: Worker) -> None:
    worker.agent.answers = [lends(9, until=100.0), refuses("cap", 101.0)]
    assert worker.take() == "cap"
    assert worker.agent.asked[1]["report"][3] == [[7, 9]]


def test_units_that_nobody_asks_for_go_back_before_their_time_is_over(worker: Worker) -> None:
    worker.agent.answers = [lends(9, until=130.0)] + [{"share": 0, "until": 0.0}] * 2
    worker.take()
    worker.now += LIVELY_S
    worker.budgets.report()
    assert worker.agent.asked[-1]["reports"] == []
    worker.now += 0.01
    worker.budgets.report()
    assert worker.agent.asked[-1]["reports"][0][3] == [[7, 8]]


def test_units_of_the_newest_buckets_wait_to_go_back(worker: Worker) -> None:
    for bucket in range(MOST_BACK + 3):
        worker.budget._hold(1, bucket, 200.0)
    worker.budget.give_up()
    assert worker.budget.report(worker.now)[3] == [[bucket, 1] for bucket in range(3, MOST_BACK + 3)]


class TestWhatIsPutBack:
    def test_it_may_be_spent_again_in_its_bucket(self, worker: Worker) -> None:
        worker.agent.answers = [lends(2, until=100.5), lends(0), refuses("cap", 101.0)]
        verdict = worker.budget.take(2, 0.02)
        worker.budget.put_back(2, verdict.bucket)
        assert [worker.take(), worker.take(), worker.take()] == ["", "", "cap"]

    def test_after_it_goes_back_to_its_bucket(self, worker: Worker) -> None:
        worker.agent.answers = [lends(9), lends(9, until=101.5, bucket=8)]
        verdict = worker.budget.take(1, 0.02)
        worker.now = 100.6
        worker.take()
        worker.budget.put_back(1, verdict.bucket)
        assert verdict.bucket == 7
        assert worker.agent.asked[1]["report"][3] == [[7, 8]]
        assert worker.budget.report(worker.now)[3] == [[7, 1]]

    def test_it_goes_where_it_came_from_whatever_was_lent_since(self, worker: Worker) -> None:
        worker.agent.answers = [lends(2), lends(9, until=101.0, bucket=8)]
        verdict = worker.budget.take(1, 0.02)
        assert len(worker.agent.asked) == 2, "few were left, so more were asked for"
        assert verdict.bucket == 7

    def test_what_the_agent_lent_of_the_reserve_does_not_go_back(self, worker: Worker) -> None:
        worker.agent.answers = [lends(2, until=110.0, bucket=-1), refuses("reserve", 101.0)]
        verdict = worker.budget.take(2, 0.02)
        worker.budget.put_back(2, verdict.bucket)
        assert worker.take() == "reserve"
        assert worker.budget.report(worker.now)[3] == []

    def test_the_share_of_the_reserve_takes_nothing_back(self, worker: Worker) -> None:
        worker.agent.answers = [{"share": 10, "until": 160.0}]
        worker.budgets.report()
        worker.agent.connected = False
        verdict = worker.budget.take(2, 0.02)
        worker.budget.put_back(2, verdict.bucket)
        assert verdict == (True, "", 100.0, -1)
        assert worker.take() == "away"
        assert worker.budget.report(worker.now)[3] == []
