"""Limits of the edge against those of what stands around it."""

from __future__ import annotations

from edge.limits import LINGER_S, MAX_DRAIN, Limits
from edge.transport import FULL_READ


def test_a_client_is_kept_longer_than_common_balancers_keep_it() -> None:
    assert Limits().keep_alive_s > 60


def test_a_target_is_let_go_before_common_servers_let_go_of_us() -> None:
    assert Limits().pooled_s < 60


def test_every_wait_ends() -> None:
    limits = Limits()
    waits = (limits.head_s, limits.keep_alive_s, limits.body_s, limits.write_s, limits.pooled_s, LINGER_S)
    assert all(0 < wait < 120 for wait in waits)


def test_a_body_that_is_dropped_fits_into_few_reads() -> None:
    assert MAX_DRAIN <= 4 * FULL_READ
