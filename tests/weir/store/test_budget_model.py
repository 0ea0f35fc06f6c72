"""Every course that a small retry budget can take: two holders, windows of two buckets, three units.

The steps are those of the script and of its holders, with messages that are lost, doubled and late, a clock that steps
back, holders that die and a store that loses its data. Breadth first over all states; each must keep three promises.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest

WINDOW, UNITS, LAST = 2, 3, 3
"""Buckets of a window, units of any window, and the last moment (one moment is one bucket)."""


CALLS = 2
"""Of one holder."""


class Lease(NamedTuple):
    bucket: int = -1
    units: int = 0


class Holder(NamedTuple):
    """``told``: what the store knows of its number; ``back``: what its next call gives back."""

    seq: int = 0
    lease: Lease = Lease()
    back: Lease = Lease()


class State(NamedTuple):
    now: int
    behind: int
    """What the store's clock lacks; it stands still until it has caught up."""
    stood: int
    """The store's clock as it was seen last."""
    quarantine: int
    ring: tuple[tuple[int, int], ...]
    told: tuple[int, ...]
    holders: tuple[Holder, ...]
    wire: tuple[tuple[int, int, Lease], ...]
    """A call that may arrive once more: holder, its number, what it gives back."""
    spent: tuple[tuple[int, int], ...]
    """(moment, units)."""
    losses: int


class Rules(NamedTuple):
    """What a wrong budget does otherwise."""

    sums: int = WINDOW + 1
    looks_at_seq: bool = True
    waits: int = WINDOW + 2
    """Buckets without a grant after data was lost."""


START = State(0, 0, 0, 0, (), (0, 0), (Holder(), Holder()), (), (), 0)


def store_now(state: State) -> int:
    return max(state.stood, state.now - state.behind)


def granted(ring: tuple[tuple[int, int], ...], bucket: int, sums: int) -> int:
    return sum(units for at, units in ring if bucket - sums < at <= bucket)


def put(
    ring: tuple[tuple[int, int], ...], bucket: int, units: int, oldest: int
) -> tuple[tuple[int, int], ...]:
    counts = dict(ring)
    counts[bucket] = counts.get(bucket, 0) + units
    return tuple(sorted((at, count) for at, count in counts.items() if count and at >= oldest))


def arrive(state: State, who: int, seq: int, back: Lease, want: int, rules: Rules) -> tuple[State, Lease]:
    """The script; the lease is its answer."""
    bucket = store_now(state)
    ring, told = put(state.ring, bucket, 0, bucket - WINDOW), state.told
    fresh = seq > told[who] or not rules.looks_at_seq
    if fresh:
        if told[who] and bucket - WINDOW <= back.bucket <= bucket:
            ring = put(ring, back.bucket, -min(back.units, dict(ring).get(back.bucket, 0)), bucket - WINDOW)
        told = tuple(max(seq, known) if at == who else known for at, known in enumerate(told))
    left = UNITS - granted(ring, bucket, rules.sums)
    grant = min(want, left) if fresh and bucket >= state.quarantine and left > 0 else 0
    if grant:
        ring = put(ring, bucket, grant, bucket - WINDOW)
    return state._replace(stood=bucket, ring=ring, told=told), Lease(bucket, grant)


def steps(state: State, rules: Rules) -> Iterator[State]:
    if state.now < LAST:
        late = tuple(
            holder if not holder.lease.units else holder._replace(lease=Lease(), back=holder.lease)
            for holder in state.holders
        )
        recent = tuple(event for event in state.spent if event[0] >= state.now - WINDOW)
        yield state._replace(now=state.now + 1, holders=late, spent=recent)
    if state.behind == 0 and state.now > 0 and state.losses == 0:
        yield state._replace(behind=1, stood=store_now(state))
    if state.losses == 0 and state.behind == 0 and state.ring:
        bucket = store_now(state)
        yield state._replace(ring=(), told=(0, 0), quarantine=bucket + rules.waits, losses=1)
    for who, seq, back in state.wire:
        doubled, _ = arrive(state, who, seq, back, 0, rules)
        yield doubled._replace(wire=())
    for who, holder in enumerate(state.holders):
        yield from steps_of(state, who, holder, rules)


def steps_of(state: State, who: int, holder: Holder, rules: Rules) -> Iterator[State]:
    def become(found: State, new: Holder) -> State:
        return found._replace(
            holders=tuple(new if at == who else old for at, old in enumerate(found.holders))
        )

    if holder.lease.units:
        used = holder._replace(lease=Lease(holder.lease.bucket, holder.lease.units - 1))
        yield become(state._replace(spent=(*state.spent, (state.now, 1))), used)
        yield become(state, holder._replace(lease=Lease(), back=holder.lease))
        return
    if holder.seq == CALLS:
        return
    for want in (0, UNITS) if holder.back.units else (2, UNITS):
        asked = holder._replace(seq=holder.seq + 1, back=Lease())
        after, lease = arrive(state, who, asked.seq, holder.back, want, rules)
        after = after._replace(wire=((who, asked.seq, holder.back),) if holder.back.units else ())
        yield become(after, asked._replace(lease=lease))
        if lease.units:
            yield become(after, asked)  # the answer is lost, and what it granted with it


def broken_promise(state: State) -> str:
    """Empty, or which promise this state breaks."""
    if sum(units for at, units in state.spent if state.now - WINDOW <= at) > UNITS:
        return "cap"
    if any(count < 0 for _, count in state.ring):
        return "conservation"
    held = [holder.lease.units for holder in state.holders if holder.lease.units]
    if not state.losses and sum(held) > sum(units for _, units in state.ring):
        return "no unit twice"
    return ""


def search(rules: Rules, most: int = 2_000_000) -> tuple[str, int]:
    """The first broken promise, and how many states were seen."""
    seen, edge = {START}, [START]
    while edge:
        following: list[State] = []
        for state in edge:
            for found in steps(state, rules):
                if found in seen:
                    continue
                if why := broken_promise(found):
                    return why, len(seen)
                seen.add(found)
                following.append(found)
        assert len(seen) < most, "the model grew; make it smaller"
        edge = following
    return "", len(seen)


def test_no_course_of_events_breaks_a_promise() -> None:
    broken, states = search(Rules())
    assert broken == ""
    assert states > 10_000, "so few states prove nothing"


@pytest.mark.parametrize(
    "rules",
    [Rules(sums=WINDOW), Rules(looks_at_seq=False), Rules(waits=0)],
    ids=["sums over too few", "takes back twice", "does not wait for what was lost"],
)
def test_a_wrong_budget_breaks_one(rules: Rules) -> None:
    assert search(rules)[0] != ""
