"""What workers report is told to the store at the pace at which they saw it, however words and standstills fall."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest

from edge.agent.budgets_stream import LONGEST_S
from tests.support.budget_node import Node, reply

RATE = 1000
"""First attempts a second."""


def test_the_store_hears_of_even_traffic_evenly_however_reports_and_words_fall() -> None:
    """Else two reports in one word were a peak that no traffic had, and its credit too."""
    node, chance = Node(workers=2), random.Random(5)
    node.store.reply = reply(0)
    began = node.now
    events = [(chance.random(), which) for which in (0, 1, 2)]
    words = [(began, 0)]
    while (event := min(events))[0] < 300:
        at, which = event
        node.now = began + at
        if which:
            node.report(int(at * 1000), 0, 0, connection=which)
        else:
            node.budgets.flush()
            words += [(node.now, call[-5]) for call in node.store.calls[-1:]]
        events[events.index(event)] = at + chance.uniform(0.9, 1.1), which
    for (earlier, before), (later, after) in pairwise(words):
        assert after - before <= (later - earlier) * 2000 + 4
    assert words[-1][1] > 297 * 2000


def told(node: Node, for_s: float) -> list[int]:
    """Flushes every tenth of a second; the sums of first attempts that the store hears."""
    sums = []
    for _ in range(round(for_s * 10)):
        node.now += 0.1
        node.budgets.flush()
        sums += [call[-5] for call in node.store.calls[-1:]]
    return sums


def test_an_agent_that_stood_still_does_not_tell_all_that_it_missed_at_once() -> None:
    """Its workers went on reporting; it reads all of that in one moment."""
    node = Node()
    node.store.reply = reply(0)
    began, stood_s = node.now, 30

    def say(second: int) -> None:
        node.report(second * RATE, 0, 0, at=began + second)

    for second in range(5):
        node.now = began + second
        say(second)
        node.budgets.flush()
    node.now += stood_s
    for second in range(5, 5 + stood_s):
        say(second)
    node.budgets.flush()
    sums = told(node, 5.0)
    assert max(later - earlier for earlier, later in pairwise(sums)) <= RATE / 10 + 1
    assert sums[-1] - sums[0] == pytest.approx(LONGEST_S * RATE, rel=0.1), "the rest would come too late"


def test_what_was_seen_after_a_silence_is_told_as_that_of_the_time_since_the_last_report() -> None:
    """A report leaves out what has nothing new, so that silence is not the time in which it was gathered."""
    node = Node()
    node.store.reply = reply(0)
    node.report(0, 0, 0, at=node.now)
    for _ in range(60):
        node.now += 1
        node.budgets.answer(1, {"at": node.now, "reports": []})
    node.now += 1
    node.report(RATE, 0, 0, at=node.now)
    sums = told(node, 1.0)
    assert sums[0] == pytest.approx(RATE / 10, abs=2)
    assert sums[-1] == pytest.approx(RATE, abs=2)


def test_messages_of_one_moment_are_one_report() -> None:
    node = Node()
    node.store.reply = reply(0)
    upstreams = ("file/u", "file/v")
    for upstream in upstreams:
        node.report(0, 0, 0, upstream=upstream, at=node.now)
    node.now += 1
    for upstream in upstreams:
        node.report(RATE, 0, 0, upstream=upstream, at=node.now)
    node.now += 0.5
    node.budgets.flush()
    assert [call[-5] for call in node.store.calls] == [RATE / 2, RATE / 2]


@pytest.mark.parametrize("at", [None, "x", -1, float("nan"), 1e12])
def test_a_moment_that_cannot_be_is_that_of_hearing(at: Any) -> None:
    node = Node()
    node.store.reply = reply(0)
    node.report(0, 0, 0, at=at)
    node.now += 1
    node.report(RATE, 0, 0, at=at)
    node.now += 0.5
    node.budgets.flush()
    assert node.store.calls[-1][-5] == RATE / 2
