"""What one process may spend by its own clock: never more in any window."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.limiting.share import BUCKETS, PACED_S, Share
from tests.support.limit_rig import busiest


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from([1.0, 60.0]), st.integers(1, 30))
def test_no_window_sees_more_than_the_share(random: Random, window_s: float, most: int) -> None:
    share, now, spent = Share(window_s), 1000.0, []
    for _ in range(80):
        now += random.choice((0.0, 0.001, window_s / BUCKETS, window_s / BUCKETS - 0.001, window_s / 3))
        part = share.take(now, random.choice((1, 3, most)), 1, most)
        if random.random() < 0.3:
            share.give_back(part.bucket, part.tokens)
            continue
        last = max(now, part.ends - 0.001)
        spent += [now if random.random() < 0.5 else last] * part.tokens
    assert busiest(spent, window_s) <= most


def test_it_waits_until_the_oldest_tokens_count_no_more() -> None:
    share = Share(60.0)
    assert share.take(600.0, 5, 5, 5).tokens == 5
    assert share.take(601.0, 1, 1, 5).tokens == 0
    assert share.wait_s(601.0) == pytest.approx(65.0)
    assert share.take(666.0, 5, 5, 5).tokens == 5


def test_what_others_granted_counts_too() -> None:
    share = Share(60.0)
    share.note(600.0, 4)
    assert share.take(600.0, 5, 1, 5).tokens == 1
    assert share.used(600.0) == 5


def test_a_short_window_comes_in_tenths() -> None:
    share = Share(PACED_S)
    assert share.take(100.0, 50, 1, 100).tokens == 10
    assert share.take(100.5, 1, 1, 100).tokens == 0
    assert share.take(101.0, 50, 1, 100).tokens == 10


def test_it_keeps_at_most_two_buckets_more_than_a_window() -> None:
    share = Share(60.0)
    for turn in range(100):
        share.note(turn * 6.0, 1)
    assert len(share._buckets) <= BUCKETS + 2
