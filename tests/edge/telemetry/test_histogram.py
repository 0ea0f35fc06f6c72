"""Counting one by one and many at once is the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.telemetry.families import LATENCY_BUCKETS
from edge.telemetry.histogram import Histogram

seconds = st.floats(0, 20) | st.sampled_from(LATENCY_BUCKETS)


@given(st.lists(st.lists(seconds)))
def test_many_at_once_are_counted_as_one_by_one(batches: list[list[float]]) -> None:
    single, batched = Histogram(), Histogram()
    for batch in batches:
        for value in batch:
            single.observe(value)
        batched.observe_all(list(batch))
    assert batched.counts == single.counts
    assert abs(batched.sum - single.sum) < 1e-6


def test_a_bound_belongs_to_its_bucket_and_what_is_above_all_to_the_last() -> None:
    histogram = Histogram()
    histogram.observe_all([LATENCY_BUCKETS[0], LATENCY_BUCKETS[-1], LATENCY_BUCKETS[-1] + 1])
    assert (histogram.counts[0], histogram.counts[-2], histogram.counts[-1]) == (1, 1, 1)
