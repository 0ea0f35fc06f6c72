"""What an upstream's clauses say about when a target gets no requests, and the arithmetic of it. Pure.

Numbers: passive ejection as Envoy's (consecutive gateway failures), the panic threshold and slow start too; sources in
docs/health.md.
"""

from __future__ import annotations

from typing import NamedTuple

from weir.models.effective import Pool

AFTER = 5
"""Failures in a row, if the upstream does not say ``eject``."""
FOR_S = 30.0
"""Seconds of the first ejection; the nth in a row takes n times that."""
LONGEST_S = 300.0
"""Of one ejection, unless ``eject … for`` is longer, without jitter."""
JITTER = 0.1
"""Of the time, at most, on top: targets that fell together do not return together."""
MAX_PERCENT = 10.0
"""Of the targets, ejected at a time; one may always be, of two or more."""
PANIC = 0.5
"""With a smaller share of healthy targets, health is not looked at: the rest could not carry the load."""
LONGEST_RETRY_AFTER_S = 30.0
"""A 503 with a ``Retry-After`` up to this ejects for that time; a longer one is an ordinary failure."""
FIRST_SHARE = 0.1
"""Of its weight, when slow start begins."""
FAILURES: frozenset[int] = frozenset({502, 503, 504})
"""Statuses that speak against a target: what a gateway, a proxy or an overload says. 500 is an application's word."""


class Policy(NamedTuple):
    """Of one upstream."""

    after: int
    """Failures in a row; 0: never."""
    for_s: float
    max_percent: float
    slow_s: float
    """0: a target that comes back has its whole weight at once."""


def policy_of(pool: Pool) -> Policy:
    """With the built-in values for what the upstream does not say."""
    slow_s = 0.0 if pool.slow_start is None else pool.slow_start.for_ms / 1000
    eject = pool.eject
    if eject is None:
        return Policy(AFTER, FOR_S, MAX_PERCENT, slow_s)
    for_s = FOR_S if eject.for_ms is None else eject.for_ms / 1000
    most = MAX_PERCENT if eject.max_percent is None else eject.max_percent
    return Policy(eject.after, for_s, most, slow_s)


def watches(pool: Pool) -> bool:
    """Whether a target of this pool can ever be out, or come back slowly: of a single one, none can."""
    return len(pool.targets) > 1 and (
        pool.eject is None or pool.eject.after > 0 or pool.check is not None or pool.slow_start is not None
    )


def allowed(policy: Policy, targets: int) -> int:
    """How many of so many targets may be ejected at a time."""
    return max(1, int(targets * policy.max_percent / 100)) if targets > 1 else 0


def ejection_s(policy: Policy, times: int, chance: float) -> float:
    """Of the ``times``-th ejection in a row; ``chance`` from 0 to below 1."""
    return min(policy.for_s * times, max(LONGEST_S, policy.for_s)) * (1.0 + JITTER * chance)


def times_in_a_row(policy: Policy, before: int, served_s: float) -> int:
    """Which ejection in a row this one is: every ``for`` that a target served since the last takes one away."""
    return max(0, before - int(served_s / policy.for_s)) + 1 if before else 1


def is_panic(healthy: int, targets: int) -> bool:
    return healthy < targets * PANIC


def share_of_weight(policy: Policy, since_s: float) -> float:
    """During slow start; 1 when it is over."""
    if since_s >= policy.slow_s:
        return 1.0
    return max(FIRST_SHARE, since_s / policy.slow_s)
