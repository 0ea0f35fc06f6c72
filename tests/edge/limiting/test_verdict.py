from __future__ import annotations

from edge.limiting.verdict import Verdict


def test_a_verdict_that_says_nothing_else_is_that_everything_passes_and_nothing_is_known():
    assert Verdict(True) == (True, None, (), 0.0, (), False, 0.0)
