"""Counters as they are now: limits that are nearly used up, retry budgets, health of targets.

What nodes say is at most a few seconds old; ``heard`` tells of how many nodes it is.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from weir.api.operation import Operation, Page
from weir.models.document import Owner

Filter = Annotated[str, msgspec.Meta(max_length=512)]


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """Whose words an answer is made of."""

    nodes: int
    """That live."""
    spoke: int
    """That said something of the present lately; who has nothing to say says nothing."""
    oldest_ms: int
    """Age of the oldest word, by the clocks of the nodes."""
    left_out: int
    """Entries that had no place in the words of their nodes."""


class NearLimit(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a limit counts apart, of whose window at least 80 % is used, or that was refused."""

    owner: str
    limit: str
    window: str
    """``sliding``, ``smooth`` or ``calendar``."""
    most: int
    per_ms: int
    """0: a month."""
    key: str
    """In clear only if it is an IP address or network; empty also for a limit that counts all requests together."""
    hash: str
    """Of limit and key; the same on every node."""
    used: float
    """Of the window, 0 to 1."""
    left: int
    refused: int
    """How often agents refused within the last minute; workers refuse more than they ask."""
    nodes: int
    """That told of it."""
    age_ms: int
    """Since it was last asked for, when its node spoke."""


class LimitsNow(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[NearLimit, ...] = ()
    """The most refused first, then the most used. At most 100 of each node."""
    next: str = ""
    heard: Heard


class UpstreamBudget(msgspec.Struct, frozen=True, kw_only=True):
    """The cluster-wide retry budget of one upstream, in units: a retry costs one or two."""

    owner: str
    upstream: str
    window_ms: int
    cap: int
    """Units in any window, the reserve included."""
    reserve: int
    """Kept for times without a store."""
    granted: int
    """In the window."""
    credit: int
    """Units that the traffic of the window allows, not bounded by the cap."""
    left: int
    attempts: int
    """First attempts in the window."""
    state: str
    """``ok``, or what stands in the way of a grant: ``cap``, ``ratio``, ``quarantine``; ``unknown``: the store of the
    counters does not know it."""
    quarantine_ms: int
    """Until something is granted again; 0: now."""
    lent: int
    """To workers of all nodes since their agents began, as the one below."""
    refused: dict[str, int]
    """Asks of workers, by why they got nothing."""
    nodes: int
    """That use it."""


class BudgetsNow(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[UpstreamBudget, ...] = ()
    """By owner and upstream; those that saw an attempt in the last minutes."""
    next: str = ""
    heard: Heard


class TargetHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One target that is out, checked or drained somewhere."""

    owner: str
    upstream: str
    target: str
    """Its URL."""
    state: str
    """``out``, ``drained`` or ``in``; out wins."""
    why: tuple[str, ...]
    """``consecutive``, ``retry-after``, ``cluster``, ``check``."""
    since_ms: int
    """When the first of the nodes saw it out; 0 while it is in."""
    for_s: float
    """Until an ejection ends, unless it is renewed."""
    nodes_out: int
    """Nodes on which it is out."""
    panic: bool
    """A node sends it requests although it is out, as most are."""
    cluster: bool
    """Ejected for the whole cluster."""
    healthy: bool | None
    """What its check says; null without one."""
    check: str
    """What the last check found, in a word, and how long ago."""
    check_age_s: float
    detail: str


class HealthNow(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[TargetHealth, ...] = ()
    """Those that are out first."""
    next: str = ""
    heard: Heard


class CountersQuery(Page, frozen=True, forbid_unknown_fields=True):
    owner: Owner | None = None
    name: Filter = ""
    """Only of this limit, or this upstream."""


class LimitsNowQuery(CountersQuery, frozen=True, forbid_unknown_fields=True):
    hash: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{4,32})?$")] = ""
    """Only what has a hash that begins so."""
    refused: bool = False
    """Only what was refused within the last minute."""


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="counters.limits",
        method="GET",
        path="/counters/limits",
        summary="Who is near a limit or over it, over all nodes.",
        role="viewer",
        query=LimitsNowQuery,
        result=LimitsNow,
    ),
    Operation(
        id="counters.budgets",
        method="GET",
        path="/counters/budgets",
        summary="Retry budgets: what is left, granted and refused, and which are in quarantine.",
        role="viewer",
        query=CountersQuery,
        result=BudgetsNow,
    ),
    Operation(
        id="counters.health",
        method="GET",
        path="/counters/health",
        summary="Targets that are out, checked or drained: why, since when, on how many nodes.",
        role="viewer",
        query=CountersQuery,
        result=HealthNow,
    ),
)
