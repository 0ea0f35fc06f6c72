"""One key of one limit as the node holds it: tokens of the store, sub-leases of workers, when to ask again. Pure.

* A sub-lease never ends later than the lease that it comes from.
* Tokens that nobody spends go back to where they were booked, and only once.
* Nobody is asked for what cannot be had: a refusal is remembered as long as it must hold, at most ``RECHECK_S``, since
  what other nodes give back may be had earlier.
"""

from __future__ import annotations

from itertools import count
from typing import Any, NamedTuple

from edge.agent.limits.counters import Counter, Grant
from edge.agent.limits.histories import Served
from edge.limiting.share import Share
from edge.limiting.wire import AWAY, FULL, GRANTED, OPEN, Answer, Item, Terms
from weir.store.limits import Wish

MARGIN_S = 0.002
DRIFT = 1 / 1000
"""So much earlier than the store said a lease ends, or by that part of its life: two clocks drift apart meanwhile, each
by 500 millionths at most while it is corrected."""
RECHECK_S = 5.0
AHEAD_S = 0.25
"""A lease is meant for the demand of so long, in a sliding window."""
QUOTA_AHEAD_S = 10.0
"""And in a calendar window, but at most 1 % of it."""
DEMAND_S = 2.0
"""What a worker said of its demand counts for so long."""
HEADROOM = 1.5
"""While there is plenty: so many times what the demand will need, so that a worker asks again before it misses some."""
LEAST_DEMAND = 4
"""Tokens that must be wanted in ``AHEAD_S``, lest the end of a lease be put off for nothing."""
RETRY_S = 0.1
"""After a failed call the store is not asked for this key."""
SOON_S = 1.0
"""A share that is spent says nothing of the limit: unless the store said later, clients come again after that."""
QUARANTINE_MS = 60_000
"""Longer sliding windows are not watched over after a loss of data: their share would refuse for too long."""
MAX_LEASES = 8

Place = tuple[int, str]


class Cluster(NamedTuple):
    """What decides how much one node takes."""

    nodes: int
    """Last known to live, at least 1."""
    max_nodes: int
    began: float
    """When this process began to count."""


class Names:
    """Of all sub-leases of the node: numbers that do not come again, also not in the next life of the process."""

    def __init__(self, first: int) -> None:
        self.stocks: dict[int, Stock] = {}
        self._numbers = count(first)

    def new(self, stock: Stock) -> int:
        number = next(self._numbers)
        self.stocks[number] = stock
        return number


class _Handed:
    """Tokens of one lease that workers hold or have spent."""

    __slots__ = ("place", "shared", "tokens")

    def __init__(self, place: Place, *, shared: bool) -> None:
        self.place, self.shared, self.tokens = place, shared, 0


class Stock:
    """All times are seconds of ``edge.limiting.clock``."""

    __slots__ = (
        "_demands",
        "_fails_until",
        "_full_until",
        "_names",
        "_quarantine",
        "_retry_at",
        "_served",
        "counter",
        "ends",
        "fetching",
        "handed",
        "least_refused",
        "left",
        "place",
        "reset_at",
        "served",
        "share",
        "terms",
        "tokens",
        "touched",
        "waiting",
    )

    def __init__(self, terms: Terms, counter: Counter, names: Names) -> None:
        self.terms, self.counter, self._names = terms, counter, names
        self.share = Share(terms.window_s)
        self.tokens, self.ends, self.place = 0, 0.0, (0, "")
        self.handed: dict[int, _Handed] = {}
        """By sub-lease; the newest of each lease is shared by all workers."""
        self.left, self.reset_at = terms.most, 0.0
        self._full_until = self._retry_at = self._fails_until = self._quarantine = 0.0
        self.least_refused = 1
        self.fetching: Any = None
        """What those who wait for an answer of the store wait on; None while there is no call under way."""
        self.waiting = 0
        """Tokens that others wait for, who came while a call was under way."""
        self.touched = 0.0
        self.served = Served()
        self._demands: dict[int, tuple[float, float]] = {}
        self._served: set[int] = set()
        """Workers that have their part of this lease."""

    def learn(self, terms: Terms) -> None:
        """A publish changed how much, not what is counted; what was refused may be had now."""
        self.terms = terms
        self._full_until = self._retry_at = 0.0
        self.counter.learn(terms)

    # What workers ask

    def wants(self, connection: int, demand: float, now: float) -> None:
        """Notes what a worker says of its demand, in tokens a second."""
        self.touched = now
        self._demands[connection] = (demand, now)
        if len(self._demands) > 1:
            self._demands = {each: said for each, said in self._demands.items() if said[1] > now - DEMAND_S}

    def hand(self, connection: int, item: Item, now: float, cluster: Cluster) -> Answer | None:
        """A sub-lease or a refusal; None if the store must be asked first."""
        self._end(now)
        need = item.need
        may_ask = now >= max(self._full_until, self._fails_until, self._quarantine)
        if self.tokens >= need and (self.ends > item.beyond or not may_ask):
            return self._sub_lease(connection, item, now, cluster)
        if now < self._fails_until or (now < self._quarantine and not self._asks_in_quarantine):
            return self.without_store(need, now, cluster)
        if now < self._quarantine and need > self._room(now, cluster):
            return self._share_is_spent(now)
        if now < self._full_until and need >= self.least_refused:
            return self.full(now)
        return None

    def full(self, now: float) -> Answer:
        wait = max(0.0, self._full_until - now)
        return Answer(
            FULL, 0, 0, 0.0, 0, max(0.0, self.reset_at - now), wait, max(wait, self._retry_at - now)
        )

    def without_store(self, need: int, now: float, cluster: Cluster) -> Answer:
        """By the limit's own word for it."""
        word = self.terms.on_store_failure
        if word == "open":
            return Answer(OPEN, wait_s=RETRY_S)
        if word == "closed":
            return Answer(AWAY, wait_s=RETRY_S, retry_s=1.0)
        most = self._share_of(now, cluster)
        part = self.share.take(now, need, need, most)
        if part.tokens:
            number = self._lease((part.bucket, ""), shared=True)
            self.handed[number].tokens += need
            left = max(0, most - self.share.used(now))
            return Answer(GRANTED, need, number, part.ends, left, self.share.wait_s(now))
        return self._share_is_spent(now)

    def take_back(self, number: int, tokens: int, now: float) -> None:
        """Tokens of a sub-lease that a worker did not spend."""
        handed = self.handed.get(number)
        if handed is None or tokens <= 0:
            return
        tokens = min(tokens, handed.tokens)
        handed.tokens -= tokens
        if handed.shared:
            self.share.give_back(handed.place[0], tokens)
        elif handed.place == self.place and now < self.ends:
            self.tokens += tokens
        else:
            self.counter.give_back(handed.place, tokens)
            self._full_until = min(self._full_until, now)

    def forget(self) -> None:
        """Its sub-leases are nobody's any more."""
        for number in self.handed:
            del self._names.stocks[number]
        self.handed.clear()

    # What the store is asked

    def wish(self, need: int, more: int, now: float, cluster: Cluster, beyond: float = 0.0) -> Wish:
        """What is missed for small limits, else what is needed until the lease will end.

        Tokens that end at ``beyond`` or before do not count as held.
        """
        terms = self.terms
        is_held = max(now, beyond) < self.ends and terms.window != "smooth"  # whose grants do not add up
        held = self.tokens if is_held else 0
        least = max(1, need - held)
        want, further = least + more + self.waiting, 0
        if terms.window == "sliding" and not self._is_small(cluster):
            demand = self._demand(now)
            if self._may_live_longer(demand, now, cluster):
                further = self.counter.further
            want = max(want, self._needed(demand, self._life(now, further)) - held)
        elif terms.window == "calendar":
            want = max(want, min(int(self._demand(now) * self._ahead_s), terms.most // 100))
        if now < self._quarantine:
            want = max(least, min(want, self._room(now, cluster)))
        divisor = 1 if cluster.nodes < 2 else max(2, -(-cluster.nodes // 2))
        return Wish(want, least, divisor, further)

    def most(self, cluster: Cluster) -> int:
        """Tokens of a window that the store may grant."""
        return self.terms.most - _reserve(self.terms, cluster) * cluster.max_nodes

    def heard(self, grant: Grant | None, need: int, sent: float, now: float) -> None:
        """``sent`` was read before the call went out; None if there is no good answer."""
        if grant is None or grant.refused:
            if need:  # a call that only gives back waits for nobody
                self._fails_until = now + RETRY_S
            return
        if grant.again:
            return
        known = now < self._quarantine
        if grant.lost:
            self.quarantine(now)
        self.left, self.reset_at = max(0, grant.left), now + grant.reset_s
        if grant.tokens and now < self._quarantine and not (known and self._asks_in_quarantine):
            self.counter.give_back(grant.place, grant.tokens)  # wished for before it was known
        elif grant.tokens:
            self._book(grant, sent, now)
        elif need:
            self._full_until = now + min(grant.wait_s or RETRY_S, RECHECK_S, self._turn_s)
            self._retry_at, self.least_refused = now + grant.wait_s, need

    def quarantine(self, now: float) -> None:
        """The store has forgotten: this node takes no more than its share until all that was forgotten is over.

        It takes that from the store where it may, so that the store knows of it afterwards.
        """
        watched = self.terms.per_ms <= QUARANTINE_MS or self.terms.on_store_failure == "share strict"
        if self.terms.window == "sliding" and watched:
            until = now + self.terms.window_s + self.counter.lease_s
            self._quarantine = max(self._quarantine, until + self.counter.further * self.counter.ahead_s)
            self.tokens = 0

    def is_in_quarantine(self, now: float) -> bool:
        return now < self._quarantine

    def is_idle(self, now: float) -> bool:
        return self.touched < now - 1.0

    def let_go(self, now: float) -> None:
        """Gives back what nobody seems to need, and what is over."""
        self._end(now)
        if self.tokens and (self.is_idle(now) or self._demand(now) * 4 * self._ahead_s < self.tokens):
            self.counter.give_back(self.place, self.tokens)
            self.tokens = 0

    def _book(self, grant: Grant, sent: float, now: float) -> None:
        if grant.place != self.place:
            self._end(self.ends)
            self._served.clear()
        self.place, self.ends = grant.place, sent + grant.ttl_s - max(MARGIN_S, grant.ttl_s * DRIFT)
        self.tokens += grant.tokens
        self._full_until = self._retry_at = 0.0
        if self.terms.on_store_failure != "share strict":
            self.share.note(now, grant.tokens)
        self._end(now)

    def _end(self, now: float) -> None:
        if self.tokens and now >= self.ends:
            self.counter.give_back(self.place, self.tokens)
            self.tokens = 0

    def _sub_lease(self, connection: int, item: Item, now: float, cluster: Cluster) -> Answer:
        tokens = min(self.tokens, item.want)
        if self.terms.window != "smooth" and not self._is_small(cluster):
            wanted = max(item.want, self._needed(item.demand, self.ends - now))
            tokens = max(item.need, min(wanted, self._fair(connection, item.demand, now)))
        self.tokens -= tokens
        self._served.add(connection)
        number = self._lease(self.place, shared=False)
        self.handed[number].tokens += tokens
        ahead_s = 0.0 if self._is_small(cluster) else self.counter.ahead_s
        return Answer(
            GRANTED,
            tokens,
            number,
            self.ends,
            self.left + self.tokens,
            max(0.0, self.reset_at - now),
            ahead_s=ahead_s,
        )

    def _needed(self, demand: float, life_s: float) -> int:
        """Tokens for that demand until a lease ends that lives so long."""
        return int(demand * min(life_s, AHEAD_S) * (HEADROOM if self._is_plenty else 1.0)) + 1

    def _fair(self, connection: int, demand: float, now: float) -> int:
        """A worker's part of what is left of the lease: beside those that had none of it yet, by what each wants."""
        others = sum(
            said
            for each, (said, at) in self._demands.items()
            if each not in self._served and at > now - DEMAND_S
        )
        if connection not in self._served:
            others -= self._demands.get(connection, (0.0, 0.0))[0]
        return int(self.tokens * max(demand, 1.0) / (max(demand, 1.0) + max(others, 0.0)))

    @property
    def _is_plenty(self) -> bool:
        """Whether half of the limit was left when the store said it last."""
        return self.left * 2 >= self.terms.most

    def _may_live_longer(self, demand: float, now: float, cluster: Cluster) -> bool:
        """Whether the end of a lease may be put off: nobody misses what then counts longer, and it is worth it.

        ``demand`` of this node: the others may have as much.
        """
        is_idle = self.left * 8 >= self.terms.most * 5
        is_slow = demand * cluster.nodes * self.terms.window_s * 3 <= self.terms.most
        return is_idle and is_slow and demand * AHEAD_S >= LEAST_DEMAND and now >= self._quarantine

    @property
    def _ahead_s(self) -> float:
        """A lease is meant for the demand of so long."""
        terms = self.terms
        return min(terms.window_s / 20, QUOTA_AHEAD_S) if terms.window == "calendar" else AHEAD_S

    def _life(self, now: float, further: int) -> float:
        """How long tokens of a sliding limit may be spent that are taken now, as far as is known."""
        left, width = self.ends - now, self.counter.ahead_s
        if left <= 0:
            return self.counter.lease_s + further * width
        return (1 + further) * width + left % width

    def _lease(self, place: Place, *, shared: bool) -> int:
        """The number under which tokens of ``place`` come back."""
        for number, handed in self.handed.items():
            if (handed.place, handed.shared) == (place, shared):
                return number
        number = self._names.new(self)
        self.handed[number] = _Handed(place, shared=shared)
        if len(self.handed) > MAX_LEASES:
            oldest = next(iter(self.handed))
            del self.handed[oldest], self._names.stocks[oldest]
        return number

    def _share_is_spent(self, now: float) -> Answer:
        unsure_s = max(SOON_S, self._quarantine - now)
        wait = max(min(self.share.wait_s(now), unsure_s), RETRY_S, self._retry_at - now)
        return Answer(FULL, 0, 0, 0.0, 0, wait, RETRY_S, wait)

    @property
    def _asks_in_quarantine(self) -> bool:
        """The reserve of ``share strict`` is not the store's to grant; ``open`` asks nobody whom it cannot trust."""
        return self.terms.on_store_failure in ("share", "closed")

    def _room(self, now: float, cluster: Cluster) -> int:
        """Tokens of the node's share that were not granted within the last window."""
        return self._share_of(now, cluster) - self.share.used(now)

    def _share_of(self, now: float, cluster: Cluster) -> int:
        if self.terms.on_store_failure != "share strict":
            return max(1, self.terms.most // cluster.nodes)
        aged = now - cluster.began > self.terms.window_s * 1.2
        return _reserve(self.terms, cluster) if aged and cluster.nodes <= cluster.max_nodes else 0

    @property
    def _turn_s(self) -> float:
        """After so long a refusal is looked into again: a bucket has left the window, or something came back."""
        if self.terms.window == "smooth":
            return RECHECK_S  # nothing comes back
        return max(self.counter.ahead_s or self.counter.lease_s, 0.05)

    def _is_small(self, cluster: Cluster) -> bool:
        """Whether leases would tie up too much of it."""
        if self.terms.window == "calendar":
            return self.terms.most < 100
        leases = round(self.terms.window_s / self.counter.lease_s)
        return self.terms.most < 2 * cluster.nodes * (leases + 1)

    def _demand(self, now: float) -> float:
        return sum(demand for demand, at in self._demands.values() if at > now - DEMAND_S)


def _reserve(terms: Terms, cluster: Cluster) -> int:
    """Tokens of a window that each of ``max_nodes`` nodes has without the store."""
    return terms.most // 5 // cluster.max_nodes if terms.on_store_failure == "share strict" else 0
