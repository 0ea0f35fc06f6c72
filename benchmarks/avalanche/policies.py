"""The policies that are compared: how often a request is tried, and what decides whether a retry goes out."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from benchmarks.avalanche.budgets import Clock, Leaky, Local, Quota, Throttle, Unlimited
from benchmarks.avalanche.setting import CAP, WINDOW_S

MakeLocal = Callable[[Clock, int], Local]
"""A budget of one process, of so many processes."""


class Cluster(NamedTuple):
    """Weir's budget. Credits are in thousandths of a retry."""

    per_request: int = 20
    per_success: int = 80
    per_retry_success: int = 500
    floor: int = 10
    cap: int = CAP
    reserve: float = 0.2
    """The share of the cap that needs no store."""
    timeout_cost: int = 2


class Policy(NamedTuple):
    name: str
    title: str
    retries: int
    """Per request, at most."""
    local: MakeLocal | None = None
    """None, and ``cluster`` None: no retries."""
    cluster: Cluster | None = None
    backoff: bool = True
    """Full jitter before a retry, as the edge does it."""


def _finagle(clock: Clock, _processes: int) -> Leaky:
    return Leaky(clock)


def _tuned_ratio(clock: Clock, processes: int) -> Leaky:
    """10 %, and a floor that is one retry a second of all processes together."""
    return Leaky(clock, ratio=0.1, per_second=1.0 / processes)


def _tuned_quota(_clock: Clock, processes: int) -> Quota:
    """The bucket of all processes together holds as many retries as Weir's cap; a tenth comes back per success."""
    return Quota(capacity=10.0 * CAP / processes, cost=10.0)


def _tuned_for_four(_clock: Clock, _processes: int) -> Quota:
    """The same as it was right when there were four processes, and nobody changed it since."""
    return Quota(capacity=10.0 * CAP / 4, cost=10.0)


NO_CAP = 1_000_000
NONE = Policy("none", "no retries", 0)
NAIVE = Policy("naive", "naive: 3 retries", 3, lambda _clock, _processes: Unlimited())
LINKERD = Policy("linkerd", "Finagle, Linkerd: 20 %, 10/s, per process", 3, _finagle)
AWS = Policy("aws", "AWS SDK: 500 tokens, 14 a retry, per process", 3, lambda _clock, _processes: Quota())
TUNED = Policy("tuned", "AWS's kind, tuned for the number of processes", 3, _tuned_quota)
WEIR = Policy("weir", f"Weir: 10 %, at most {CAP} per {WINDOW_S:g} s, cluster-wide", 2, cluster=Cluster())

REAL_POLICIES = (NONE, NAIVE, LINKERD, AWS, TUNED, WEIR)

IMMEDIATE = Policy("immediate", "naive: 3 retries, no backoff", 3, NAIVE.local, backoff=False)
GRPC = Policy("grpc", "gRPC: 10 tokens, 0.1, per process", 3, lambda _clock, _processes: Throttle())
RATIO = Policy("tuned-ratio", "Finagle's kind, tuned: 10 %, 1/s in all", 3, _tuned_ratio)
FOUR = Policy("tuned-for-4", "AWS's kind, tuned for 4 processes", 3, _tuned_for_four)
RATIO_20 = Policy(
    "ratio-20", "cluster: 20 % of requests", 3, cluster=Cluster(200, 0, 0, cap=NO_CAP, timeout_cost=1)
)
RATIO_10 = Policy(
    "ratio-10", "cluster: 10 % of requests", 3, cluster=Cluster(100, 0, 0, cap=NO_CAP, timeout_cost=1)
)
GATED = Policy(
    "gated", "cluster: 2 % of requests, 8 % of successes", 3, cluster=Cluster(cap=NO_CAP, timeout_cost=1)
)
GATED_60 = Policy("gated-60", "the same, at most 60 per 10 s", 3, cluster=Cluster(cap=60, timeout_cost=1))

SIMULATED_POLICIES = (
    NONE, IMMEDIATE, NAIVE, LINKERD, AWS, GRPC, RATIO, TUNED, FOUR, RATIO_20, RATIO_10, GATED, GATED_60, WEIR,
)  # fmt: skip
