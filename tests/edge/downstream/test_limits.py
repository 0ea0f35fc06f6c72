"""The bounds of a worker that are no part of a version."""

from edge.downstream.limits import Limits


def test_keep_alive_is_above_common_balancers_and_pooled_below_common_servers() -> None:
    assert Limits().keep_alive_s > 60
    assert Limits().pooled_s < 60
