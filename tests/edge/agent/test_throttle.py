"""One line per interval, and the number of those kept back."""

from __future__ import annotations

import logging

from edge.agent.throttle import Throttle


def test_a_second_line_within_the_interval_is_counted_not_written(caplog):
    now = [0.0]
    throttle = Throttle(logging.getLogger("weir.test"), 1.0, lambda: now[0])
    with caplog.at_level(logging.WARNING):
        for at in (0.0, 0.5, 0.99, 1.0, 1.5, 2.0):
            now[0] = at
            throttle.warning(f"at {at}")
    assert [record.getMessage() for record in caplog.records] == [
        "at 0.0",
        "at 1.0 (2 more like this)",
        "at 2.0 (1 more like this)",
    ]
