"""The call of ``budget.lua`` and its reply, with types. Pure: what it makes is sent elsewhere.

The script and the proof that rests on it are described in docs/retry-budget.md.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.script_calls import ScriptCall, script_call

WHYS = frozenset({"ok", "cap", "ratio", "quarantine"})
"""What stands in the way of a grant; ``ok`` is nothing."""


class Ring(NamedTuple):
    """The window of one upstream's budget. Another geometry is another ring; it begins with a quarantine, and waits
    until what others granted has left its window."""

    upstream: str
    """``<owner>/<name>``."""
    width_ms: int
    """Of a bucket."""
    buckets: int
    """Of a window."""


class Allowance(NamedTuple):
    """What the rules allow, in units: one retry costs one or two."""

    cap: int | None
    """In any window, with the reserve; None: a tenth of the peak window of first attempts, at least ``least_cap``."""
    least_cap: int
    reserve: int
    """Of the cap, spent where the store cannot be asked, and so never granted by it."""
    floor: int
    """In any window, without any credit."""


class Heard(NamedTuple):
    """What a holder says of itself in one call."""

    seq: int
    """Greater in every call."""
    credits: int
    """Thousandths of a unit earned since it began."""
    attempts: int
    """First attempts since it began."""
    back_bucket: int = 0
    back: int = 0
    """Units of ``back_bucket`` that will not be spent."""
    over_ms: int = 0
    """Since the last word that was answered was sent; 0 if none was."""


class Granted(NamedTuple):
    """The reply."""

    units: int
    bucket: int
    left_ms: int
    """Until the bucket ends, and with it what was granted."""
    available: int
    """Units that are left in the window."""
    why: str
    """One of ``WHYS``."""
    again_ms: int
    """Until asking again may help."""
    cap: int
    now_ms: int
    """The ring's clock."""
    credit: int
    """Units that the traffic of the window allows, not yet bounded by the cap."""


def budget_call(
    keys: Keys,
    ring: Ring,
    holder: str,
    allowance: Allowance,
    heard: Heard,
    *,
    want: int,
    divisor: int = 1,
    at: int | str = "",
    history: str = "",
) -> ScriptCall:
    """``at`` (milliseconds) and ``history`` are given by tests; empty, the server's own hold."""
    tag = upstream_tag(ring.upstream)
    return script_call(
        "budget",
        ring=keys.budget(tag, ring.width_ms, ring.buckets),
        holder=keys.budget_holder(tag, ring.width_ms, ring.buckets, holder),
        peaks=keys.budget_peaks(tag, ring.width_ms, ring.buckets),
        windows=keys.budget_windows(tag),
        width_ms=ring.width_ms,
        buckets=ring.buckets,
        cap="" if allowance.cap is None else allowance.cap,
        least_cap=allowance.least_cap,
        reserve=allowance.reserve,
        floor=allowance.floor,
        want=want,
        divisor=divisor,
        over_ms=heard.over_ms,
        seq=heard.seq,
        credits=heard.credits,
        attempts=heard.attempts,
        back_bucket=heard.back_bucket,
        back=heard.back,
        at=at,
        history=history,
    )


def granted(reply: Any) -> Granted:
    """Raises StoreError for a reply of another shape."""
    if not isinstance(reply, list) or len(reply) != len(Granted._fields):
        raise StoreError("budget.lua answered something that is no grant")
    why = reply[4].decode() if isinstance(reply[4], bytes) else str(reply[4])
    if why not in WHYS:
        raise StoreError(f"budget.lua answered {why!r}, which nobody knows")
    units, bucket, left_ms, available = map(int, reply[:4])
    again_ms, cap, now_ms, credit = map(int, reply[5:])
    return Granted(units, bucket, left_ms, available, why, again_ms, cap, now_ms, credit)


def upstream_tag(upstream: str) -> str:
    """What stands in the hash tag for ``<owner>/<name>``: short, and without a character that means something."""
    return hashlib.sha256(upstream.encode()).hexdigest()[:16]
