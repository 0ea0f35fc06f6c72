"""Limits and retry budgets, summed over what nodes say. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from weir.api.counters import NearLimit, UpstreamBudget
from weir.store import live
from weir.store.budget import Ring
from weir.store.live import NodeLive, RingNow

LEAST_CAP = 100
"""Units of a budget's cap that follows the traffic, as docs/retry-budget.md has it."""


def limits_of(words: Iterable[NodeLive]) -> list[NearLimit]:
    """One for each thing that is counted apart: the most refused first, then the most used."""
    found: defaultdict[tuple[str, str, int], list[live.NearLimit]] = defaultdict(list)
    for word in words:
        for one in word.limits:
            found[one.hash, one.window, one.per_ms].append(one)
    return sorted(
        (_limit(several) for several in found.values()),
        key=lambda one: (-one.refused, -one.used, one.owner, one.limit, one.hash),
    )


def _limit(several: list[live.NearLimit]) -> NearLimit:
    newest = min(several, key=lambda one: one.age_ms)
    owner, _, name = newest.limit.partition("/")
    return NearLimit(
        owner=owner,
        limit=name,
        window=newest.window,
        most=newest.most,
        per_ms=newest.per_ms,
        key=newest.key,
        hash=newest.hash,
        used=max(one.used for one in several),
        left=min(one.left for one in several),
        refused=sum(one.refused for one in several),
        nodes=len(several),
        age_ms=newest.age_ms,
    )


def rings_of(words: Iterable[NodeLive]) -> dict[Ring, list[live.NodeBudget]]:
    """The budgets that nodes speak of."""
    found: defaultdict[Ring, list[live.NodeBudget]] = defaultdict(list)
    for word in words:
        for one in word.budgets:
            found[Ring(one.upstream, one.width_ms, one.buckets)].append(one)
    return dict(sorted(found.items()))


def budget_of(ring: Ring, several: list[live.NodeBudget], now: RingNow | None) -> UpstreamBudget:
    """``now`` None: the store does not know the ring, or does not answer."""
    owner, _, upstream = ring.upstream.partition("/")
    first = several[0]
    if now is not None and not now.now_ms:
        now = None
    known = now or RingNow(0, 0, 0, 0, 0, 0)
    cap = next((one.cap for one in several if one.cap is not None), max(LEAST_CAP, known.peak // 10))
    credit = max(first.floor, known.credit_thousandths // 1000)
    allowed = max(0, min(cap - first.reserve, credit))
    left = 0 if known.quarantine_ms or now is None else max(0, allowed - known.granted)
    return UpstreamBudget(
        owner=owner,
        upstream=upstream,
        window_ms=ring.width_ms * ring.buckets,
        cap=cap,
        reserve=first.reserve,
        granted=known.granted,
        credit=credit,
        left=left,
        attempts=known.attempts,
        state=_state(now, left, credit, cap - first.reserve),
        quarantine_ms=known.quarantine_ms,
        lent=sum(one.lent for one in several),
        refused=_summed(one.refused for one in several),
        nodes=len(several),
    )


def _state(now: RingNow | None, left: int, credit: int, most: int) -> str:
    if now is None:
        return "unknown"
    if now.quarantine_ms:
        return "quarantine"
    if left:
        return "ok"
    return "ratio" if credit < most else "cap"


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(sorted(total.items()))
