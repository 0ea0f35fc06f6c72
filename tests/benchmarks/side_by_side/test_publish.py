import pytest

from benchmarks.side_by_side.publish import figures

SAID = {
    "due": [0.5, 1.5, 2.0, 2.5, 10.0, 10.5, 14.0],
    "latency": [0.9, 0.001, 0.002, 0.050, 0.003, 0.004, 0.8],
    "failed": [[2.1, "closed without an answer"]],
}


def test_what_was_due_during_a_publish_is_compared_with_the_seconds_before() -> None:
    found = figures(SAID, 1, all_new=(2.0, 2.25), one_new=(10.0, 10.2))
    assert found["before_max_ms"] == pytest.approx(1)  # the request of 0.5 is older than a second
    assert found["publish_max_ms"] == pytest.approx(50)  # 2.5 is after, but old rules are freed then
    assert found["publish_worse_max_ms"] == pytest.approx(49)
    assert found["one_rule_max_ms"] == pytest.approx(4)  # 14 is long after
    assert found["publish_s"] == pytest.approx(0.25)


def test_failures_are_counted_whenever_they_were() -> None:
    assert figures(SAID, 1, (2.0, 2.25), (10.0, 10.2))["failed"] == 1
