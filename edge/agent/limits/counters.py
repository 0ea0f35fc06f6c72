"""The store's side of one key of one limit: which script is called, and what its reply means. Nothing is sent here.

The three kinds differ in what comes back and how a loss of data shows; ``stock`` sees one shape, ``Grant``.
"""

from __future__ import annotations

import math
import secrets
from typing import Any, NamedTuple, Protocol

from edge.limiting.wire import Terms
from weir.store.keys import Keys
from weir.store.limits import (
    NOTHING_BACK,
    Back,
    Count,
    Wish,
    gcra_call,
    lease_of,
    level_of,
    limit_call,
    limit_tag,
    quota_call,
    usage_of,
    window_of,
)
from weir.store.script_calls import ScriptCall

LONG_S = 0.2
"""A lease whose end is put off lives at least so long: then the store is asked about five times a second."""
MOST_FURTHER = 4
"""But it is put off by at most 1/4 of the window, since its tokens count so much longer."""
KEPT = 1.25
"""Windows for which the store holds something of a key, where its script says nothing else."""
SMOOTH_S = 0.05
"""A token of a smooth limit is spent within that time of being granted, or not at all."""


class Me(NamedTuple):
    """Who asks."""

    keys: Keys
    node: str
    holder: str
    """Unique for the life of the process."""
    life: int
    """Greater than in every earlier life of the node."""


class Grant(NamedTuple):
    """A reply in one shape."""

    tokens: int
    left: int
    wait_s: float
    reset_s: float
    ttl_s: float
    place: tuple[int, str]
    """Where the tokens were booked (bucket or window, ring); they come back to it."""
    lost: bool = False
    """The store has forgotten what was granted within a window."""
    refused: bool = False
    """The store will not count for this node; it lives on its share."""
    again: bool = False
    """Nothing was decided: the next call tells the store what it has lost."""


class Counter(Protocol):
    """One key in the store."""

    lease_s: float
    """The longest life of a lease whose end was not put off."""
    ahead_s: float
    """So long before its end a lease can be followed by one that ends later; 0: only after its end."""
    further: int
    """By so many times ``ahead_s`` the end of a lease can be put off, where there is plenty."""
    kept_s: float
    """So long after a grant the store holds something of the key that counts."""

    def learn(self, terms: Terms) -> None:
        """A publish changed how much, not what is counted."""
        ...

    def call(self, most: int, wish: Wish, birth: str) -> ScriptCall: ...

    def heard(self, reply: Any) -> Grant:
        """Raises StoreError for a reply of another shape."""
        ...

    def give_back(self, place: tuple[int, str], tokens: int) -> None:
        """Notes tokens that were not spent; the next call says so."""
        ...

    @property
    def owes(self) -> bool:
        """Whether a call would bring tokens back that the store has not acknowledged."""
        ...


class Sliding:
    """``limit.lua``."""

    __slots__ = (
        "_birth", "_granted_in", "_holder", "_me", "_number", "_owed", "_put_off", "_said", "_tag", "_window",
        "ahead_s", "further", "kept_s", "lease_s",
    )  # fmt: skip

    def __init__(self, me: Me, terms: Terms, key: str) -> None:
        self._me = me
        self._tag = limit_tag(terms.identity, key)
        self._window = window_of(terms.per_ms)
        self.ahead_s = self._window.bucket_ms / 1000
        self.lease_s = 2 * self.ahead_s
        self.further = min(math.ceil(LONG_S / self.ahead_s) - 1, self._window.buckets // MOST_FURTHER)
        self.kept_s = (self.further + self._window.buckets + 3) * self.ahead_s
        self._birth, self._granted_in = "", 0
        """Of the ring that granted last, and its latest bucket in which it did."""
        self._put_off = 0
        """So much further is booked what the call under way takes."""
        self._owed: dict[tuple[int, str], int] = {}
        """What comes back to which bucket and has not been said yet."""
        self._said = NOTHING_BACK
        """Said until there is a reply, so that it is taken once."""
        self._number = 0
        self._holder = me.holder + secrets.token_hex(3)
        """Who counts from 0: another counter of this key, of an agent that had forgotten it, has its own numbers."""

    def learn(self, terms: Terms) -> None:
        """The limit itself comes with each call."""

    def call(self, most: int, wish: Wish, birth: str) -> ScriptCall:
        """With the oldest tokens that come back, if any do."""
        self._put_off = wish.further
        if self._owed and not self._said.number:
            place = min(self._owed)
            self._number += 1
            self._said = Back(*place, self._owed.pop(place), self._number)
        return limit_call(
            self._me.keys,
            self._tag,
            self._window,
            most,
            wish,
            holder=self._holder,
            new_birth=birth,
            back=self._said,
        )

    def heard(self, reply: Any) -> Grant:
        lease = lease_of(reply)
        self._said = NOTHING_BACK
        oldest = lease.bucket - self._put_off - self._window.buckets - 1
        same = lease.birth == self._birth
        if not same and _family(lease.birth) == _family(self._birth):
            # The store's clock was set back, and all that counts came along.
            present = lease.bucket - self._put_off
            same, self._birth = True, lease.birth
            self._granted_in = min(self._granted_in, present + 1 + self.further)
        lost = bool(self._birth) and not same and self._granted_in >= oldest
        if lease.granted:
            self._birth, self._granted_in = lease.birth, max(lease.bucket, self._granted_in if same else 0)
        for place in [place for place in self._owed if place[0] < oldest]:
            del self._owed[place]
        return Grant(
            lease.granted,
            lease.left,
            lease.wait_ms / 1000,
            lease.reset_ms / 1000,
            lease.ttl_ms / 1000,
            (lease.bucket, lease.birth),
            lost,
        )

    def give_back(self, place: tuple[int, str], tokens: int) -> None:
        self._owed[place] = self._owed.get(place, 0) + tokens

    @property
    def owes(self) -> bool:
        return bool(self._owed or self._said.number)


def _family(birth: str) -> str:
    """The same of a ring and of what it was carried to."""
    return birth.partition(":")[0]


class Smooth:
    """``gcra.lua``; nothing comes back, what is not spent at once is lost."""

    __slots__ = ("_grants", "_me", "_tag", "_terms", "ahead_s", "further", "kept_s", "lease_s")

    def __init__(self, me: Me, terms: Terms, key: str) -> None:
        self._me, self._tag = me, limit_tag(terms.identity, key)
        self.lease_s, self.ahead_s, self.further = SMOOTH_S, 0.0, 0
        self._grants = 0
        self.learn(terms)

    def learn(self, terms: Terms) -> None:
        self._terms = terms
        self.kept_s = KEPT * terms.window_s * max(1.0, terms.burst / terms.most)

    def call(self, most: int, wish: Wish, birth: str) -> ScriptCall:  # noqa: ARG002 - has no ring
        burst = max(self._terms.burst, wish.least)
        return gcra_call(self._me.keys, self._tag, self._terms.per_ms, most, burst, wish)

    def heard(self, reply: Any) -> Grant:
        level = level_of(reply)
        self._grants += 1  # each is a lease of its own: a later one does not make the earlier last longer
        place = (self._grants, "")
        reset_ms = level.reset_ms if level.granted else level.wait_ms  # all of the burst, or what was refused
        return Grant(level.granted, level.left, level.wait_ms / 1000, reset_ms / 1000, SMOOTH_S, place)

    def give_back(self, place: tuple[int, str], tokens: int) -> None:
        """Lost: the level has drained meanwhile, and nobody can tell by how much of these tokens."""

    @property
    def owes(self) -> bool:
        return False


class Quota:
    """``quota.lua``. A call says the node's own counts and how much all had taken as far as it heard; all counts of the
    window follow when the store has lost some. A reply has all counts, so it costs the more the more nodes took part.
    """

    __slots__ = (
        "_known",
        "_lost",
        "_me",
        "_owes",
        "_tag",
        "_terms",
        "_window",
        "ahead_s",
        "further",
        "kept_s",
        "lease_s",
    )

    def __init__(self, me: Me, terms: Terms, key: str) -> None:
        self._me, self._terms, self._tag = me, terms, limit_tag(terms.identity, key)
        self.lease_s, self.ahead_s, self.further = min(terms.window_s, 60.0), 0.0, 0
        self.kept_s = KEPT * terms.window_s
        self._owes = self._lost = False
        self._window = -1
        self._known: dict[str, Count] = {}

    def learn(self, terms: Terms) -> None:
        """The limit itself comes with each call."""

    def call(self, most: int, wish: Wish, birth: str) -> ScriptCall:  # noqa: ARG002 - has no ring
        return quota_call(
            self._me.keys,
            self._tag,
            self._terms.per_ms,
            most,
            wish,
            node=self._me.node,
            life=self._me.life,
            window=max(self._window, 0),
            known=[each for each in self._known.values() if self._lost or each.node == self._me.node],
            heard=sum(each.granted for each in self._known.values()),
        )

    def heard(self, reply: Any) -> Grant:
        usage = usage_of(reply)
        if usage.window != self._window:
            self._window, self._known = usage.window, {}
        told = {count.node: count for count in usage.counts}
        self._lost = any(
            each.node not in told or each.granted > told[each.node].granted for each in self._known.values()
        )
        for count in usage.counts:
            before = self._known.get(count.node, count)
            self._known[count.node] = Count(
                count.node, max(count.granted, before.granted), max(count.returned, before.returned)
            )
        own = self._known[self._me.node]
        self._owes = own.returned > usage.counts[-1].returned
        return Grant(
            usage.granted,
            usage.left,
            usage.wait_ms / 1000,
            usage.ttl_ms / 1000,
            usage.ttl_ms / 1000,
            (usage.window, ""),
            refused=usage.why in ("fenced", "full"),
            again=usage.why == "lost",
        )

    def give_back(self, place: tuple[int, str], tokens: int) -> None:
        own = self._known.get(self._me.node)
        if own is not None and place[0] == self._window:
            returned = min(own.granted, own.returned + tokens)
            self._known[self._me.node] = own._replace(returned=returned)
            self._owes = True

    @property
    def owes(self) -> bool:
        return self._owes or self._lost


def counter_for(me: Me, terms: Terms, key: str) -> Counter:
    if terms.window == "sliding":
        return Sliding(me, terms, key)
    return Smooth(me, terms, key) if terms.window == "smooth" else Quota(me, terms, key)
