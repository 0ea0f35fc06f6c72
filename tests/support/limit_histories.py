"""Random histories of holders, a clock and a store, for ``limit.lua`` and for mutants of it.

A history ends with ``Broken`` if a window saw more than its limit, or if the script and its model disagree. Times are
milliseconds; buckets are long, so that no key of a test expires by the server's own clock.
"""

from __future__ import annotations

from bisect import bisect_right
from random import Random
from typing import Any

import redis

from tests.support.limit_models import RingModel
from weir.store.keys import Keys
from weir.store.limits import Back, Lease, Window, Wish, lease_of, limit_call
from weir.store.scripts import script

KEYS = Keys("test")
START = 1_764_000_000_000
WIDTH = 10_000


class Broken(AssertionError):
    """The script did what it must not do."""


class Ring:
    """The script on a server, compared with its model at every call."""

    def __init__(
        self, server: redis.Redis, source: str, window: Window, tag: str, *, compare: bool = True
    ) -> None:
        self.server, self.source, self.window, self.tag, self.compare = server, source, window, tag, compare
        self.model = RingModel(window)
        self.births = 0

    def call(self, most: int, wish: Wish, holder: str, back: Back, at: int) -> Lease:
        self.births += 1
        birth = f"birth{self.births}"
        call = limit_call(
            KEYS, self.tag, self.window, most, wish, holder=holder, new_birth=birth, back=back, at=at
        )
        lease = lease_of(self.server.execute_command("EVAL", self.source, *call.command))
        if not self.compare:
            return lease
        expected = self.model.call(most, wish, holder, back, birth, at)
        if lease != expected:
            raise Broken(f"at {at}: {lease}, the model says {expected}")
        left: Any = self.server.pttl(KEYS.limit_ring(self.tag, *self.window)) if self.model.life_ms else 0
        if not self.model.life_ms - WIDTH < left <= self.model.life_ms:
            raise Broken(f"the ring lives for {left} ms, not {self.model.life_ms}")
        return lease

    def lose(self) -> None:
        """The store forgets it."""
        self.server.delete(KEYS.limit_ring(self.tag, *self.window))
        self.model.lose()


class Holder:
    """One agent: a lease, what it gives back, what it spends."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.tokens = 0
        self.lease: Lease | None = None
        self.ends = 0
        self.owed: list[Back] = []
        """What comes back and has not been said yet."""
        self.said = [Back()]
        """What was said, all of it: a call that was thought lost may be carried out later."""
        self.number = 0

    def next(self) -> Back:
        """What the next call says."""
        if self.owed:
            self.said.append(self.owed.pop(0))
        return self.said[-1]

    def owe(self, lease: Lease, tokens: int) -> None:
        self.number += 1
        self.owed.append(Back(lease.bucket, lease.birth, tokens, self.number))


class History:
    """Driven by ``random``; ``clock`` is true time, the server's runs ``behind`` it by what it was set back."""

    def __init__(self, ring: Ring, random: Random, most: int) -> None:
        self.ring, self.random, self.most = ring, random, most
        self.clock, self.behind = START + random.randrange(WIDTH), 0
        self.holders = [Holder(f"h{number}") for number in range(3)]
        self.spent: list[int] = []
        self.lies = False
        self.further = random.choice(((0,), (0, 0, 1, 3), (3,)))
        """By how many buckets ends are put off."""

    def run(self, steps: int, *, losses: bool = False) -> None:
        """With ``losses`` the store forgets and holders lie: only the model is compared then."""
        self.lies = losses
        moves: list[Any] = [self.wait, self.to_edge, self.take, self.take, self.take, self.spend, self.spend]
        moves += [
            self.give_back,
            self.give_back,
            self.set_back,
            self.die,
            self.burst,
            self.burst,
            self.spend_late,
            self.spend_late,
            self.give_back_late,
            self.say_again,
            *([self.lose] if losses else []),
        ]
        for _ in range(steps):
            self.random.choice(moves)()
            if not losses:
                self.check()

    def check(self) -> None:
        """No window, closed at both ends, holds more than the limit."""
        long = self.ring.window.bucket_ms * self.ring.window.buckets
        for place, start in enumerate(self.spent):
            count = bisect_right(self.spent, start + long) - place
            if count > self.most:
                raise Broken(f"{count} tokens of {self.most} within {long} ms from {start}")

    def wait(self) -> None:
        self.clock += self.random.choice((1, WIDTH // 3, WIDTH, 3 * WIDTH))

    def to_edge(self) -> None:
        """To the end of a bucket of the server's clock, and 1 ms before and after it."""
        now = self.clock - self.behind
        edge = (now // WIDTH + self.random.choice((1, 1, 2, 2, self.ring.window.buckets))) * WIDTH
        self.clock = max(self.clock, edge + self.behind + self.random.choice((-1, -1, 0, 1)))

    def set_back(self) -> None:
        if self.random.random() < 0.3:
            self.behind += self.random.choice(
                (1, WIDTH // 2, WIDTH, 2 * WIDTH, (self.ring.window.buckets + 4) * WIDTH)
            )

    def take(self) -> None:
        holder = self.random.choice(self.holders)
        least = self.random.choice((1, 1, 1, 3))
        want = self.random.choice((least, least + 2, 2 * self.most))
        self._call(holder, Wish(want, least, self.random.choice((1, 2, 3)), self.random.choice(self.further)))

    def _call(self, holder: Holder, wish: Wish) -> None:
        """Sent now; carried out a moment later, perhaps twice; the reply may be lost."""
        sent, back = self.clock, holder.next()
        self.clock += self.random.choice((0, 0, 1, 40))
        for _ in range(self.random.choice((1, 1, 1, 2))):
            lease = self.ring.call(self.most, wish, holder.name, back, self.clock - self.behind)
        self.clock += self.random.choice((0, 0, 1, 40))
        if not lease.granted or self.random.random() < 0.15:
            return
        if holder.lease is None or holder.lease[-2:] != lease[-2:]:
            holder.tokens = 0
        holder.tokens += lease.granted
        holder.lease, holder.ends = lease, sent + lease.ttl_ms

    def spend(self) -> None:
        holder = self.random.choice(self.holders)
        self._spend(holder, self.random.choice((1, holder.tokens)))

    def _spend(self, holder: Holder, count: int) -> None:
        if 0 < count <= holder.tokens and self.clock < holder.ends:
            holder.tokens -= count
            self.spent += [self.clock] * count

    def burst(self) -> None:
        """One takes and spends all there is, often at the edge of a bucket."""
        if self.random.random() < 0.5:
            self.to_edge()
        holder = self.random.choice(self.holders)
        self._call(holder, Wish(self.most, further=self.random.choice(self.further)))
        self._spend(holder, holder.tokens)

    def spend_late(self) -> None:
        """All of a lease, at its last moment; what can be had the window after that, often."""
        holder = self.random.choice(self.holders)
        self.clock = max(self.clock, holder.ends - self.random.choice((1, 1, 0)))
        self._spend(holder, holder.tokens)
        if self.random.random() < 0.5:
            self.clock += self.ring.window.bucket_ms * self.ring.window.buckets - self.random.choice(
                (0, 1, 2)
            )
            self.burst()

    def give_back(self) -> None:
        """Some that were not spent, at any time; said again with every later call until there is more."""
        holder = self.random.choice(self.holders)
        if holder.lease is None or not holder.tokens:
            return
        self._return(holder, holder.lease, self.random.choice((1, holder.tokens)))

    def _return(self, holder: Holder, lease: Lease, count: int) -> None:
        holder.tokens -= count
        holder.owe(lease, count + (2 * self.most if self.lies and self.random.random() < 0.2 else 0))
        if self.random.random() < 0.7:
            self._call(holder, Wish(0, further=self.random.choice(self.further)))

    def say_again(self) -> None:
        """A call that was thought lost comes late: what it gives back was said since, and other things after it."""
        holder = self.random.choice(self.holders)
        at = self.clock - self.behind
        self.ring.call(self.most, Wish(0), holder.name, self.random.choice(holder.said[-4:]), at)

    def give_back_late(self) -> None:
        """In the bucket after, when another has taken what was left; then all, once the first has left the ring."""
        one, other = self.random.sample(self.holders, 2)
        width, buckets = self.ring.window
        self._call(one, Wish(self.most // 2))
        self.clock += width
        self._call(other, Wish(self.most))
        if one.lease is None or not one.tokens or other.lease is None:
            return
        self._return(one, one.lease, one.tokens)
        self.clock = max(self.clock, other.ends - 1)
        self._spend(other, other.tokens)
        self.clock = max(self.clock, (one.lease.bucket + buckets + 2) * width + self.behind)
        self.burst()

    def die(self) -> None:
        if self.random.random() < 0.3:
            place = self.random.randrange(len(self.holders))
            self.holders[place] = Holder(f"{self.holders[place].name}+")

    def lose(self) -> None:
        if self.random.random() < 0.3:
            self.ring.lose()


def run_history(
    server: redis.Redis, source: str, random: Random, *, losses: bool = False, compare: bool = True
) -> None:
    """One history. Raises ``Broken``."""
    window = Window(WIDTH, random.choice((2, 5)))
    ring = Ring(server, source, window, f"t{random.randrange(10**12)}", compare=compare)
    ring.lose()
    try:
        History(ring, random, random.choice((3, 10))).run(60, losses=losses)
    finally:
        ring.lose()


def source() -> str:
    return script("limit").source
