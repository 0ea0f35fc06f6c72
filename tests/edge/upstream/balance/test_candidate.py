"""A target is what policies look at."""

from __future__ import annotations

import inspect

from edge.upstream.balance.candidate import Measured
from edge.upstream.target import Target


def test_a_target_has_everything_that_policies_look_at() -> None:
    asked = {name for name, _ in inspect.getmembers(Measured, lambda member: isinstance(member, property))}
    assert asked == {"in_flight", "latency", "seed"}
    assert all(hasattr(Target, name) for name in asked)
