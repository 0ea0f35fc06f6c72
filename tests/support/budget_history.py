"""Random lives of some holders of one retry budget, with time and history of the store given by the test.

What a life is asked afterwards: what was spent, when by the real clock; what was earned; what the store answered.
Events at the edge of a bucket are frequent: without them a sum over one bucket too few passes for right.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from weir.store.budget import Allowance, Granted, Heard

Call = Callable[[str, Allowance, Heard, int, int, int, str], Granted]
"""holder, allowance, heard, want, divisor, at, history."""
START = 1_700_000_000_000


@dataclass
class Lease:
    bucket: int
    units: int
    until: int
    """Real milliseconds; what is spent is spent before."""


@dataclass
class Person:
    """One holder."""

    name: str
    seq: int = 0
    credits: int = 0
    attempts: int = 0
    lease: Lease | None = None
    back: tuple[int, int] = (0, 0)
    last: tuple[Heard, int] | None = None


@dataclass
class Life:
    """``play`` it; violations are found by ``worst`` and ``beyond_credit``."""

    call: Call
    allowance: Allowance
    width: int
    buckets: int
    seed: int
    spent: list[tuple[int, int]] = field(default_factory=list)
    """(real milliseconds, units)."""
    earned: int = 0
    replies: list[Granted] = field(default_factory=list)
    skew: int = 0
    """What the store's clock is before the real one. It steps back at times; forward only with another server."""
    history: str = "h0"
    losing: Callable[[random.Random], bool] | None = None
    """Loses data of the store, if the test gives a way; says whether its history is another then."""
    people: list[Person] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.now = START + self.random.randrange(self.width * 3)
        self.people = [Person(f"{self.seed}-{number}") for number in range(self.random.randint(1, 3))]
        self.next_name = len(self.people)
        self.eager = self.random.choice([0.0, 0.5, 0.9])
        self.divisor = self.random.choice([1, 1, 2, 3])

    @property
    def window(self) -> int:
        return self.width * self.buckets

    def play(self, steps: int) -> Life:
        actions = [
            (8, self._advance), (7, self._edge), (6, self._traffic), (9, self._acquire), (10, self._use),
            (3, self._twice), (3, self._give_back), (2, self._lost), (1, self._die), (1, self._back_in_time),
        ]  # fmt: skip
        if self.losing is not None:
            actions.append((3, self._lose))
        if self.random.random() < 0.8:
            self._begin()
        # Every life has a character of its own: some never lose an answer, some do little else.
        weights = [weight * self.random.choice([0.2, 1, 1, 5]) for weight, _ in actions]
        for _ in range(steps):
            self.random.choices([action for _, action in actions], weights)[0]()
        return self

    def worst(self) -> int:
        """Most units of any closed interval of one window."""
        found, sum_, start = 0, 0, 0
        for at, units in self.spent:
            sum_ += units
            while self.spent[start][0] < at - self.window:
                sum_ -= self.spent[start][1]
                start += 1
            found = max(found, sum_)
        return found

    def beyond_credit(self) -> int:
        """Units spent above what was earned and the floor of every window allow; 0 or less is right."""
        if not self.spent:
            return 0
        windows = (self.spent[-1][0] - START) // self.window + 2
        return sum(units for _, units in self.spent) - self.earned // 1000 - windows * self.allowance.floor

    def _begin(self) -> None:
        """Everybody says hello and the first quarantine passes."""
        for person in self.people:
            self._send(person, 0)
        self.now += (self.buckets + 2) * self.width

    def _someone(self) -> Person:
        return self.random.choice(self.people)

    def _advance(self) -> None:
        self.now += self.random.choice([1, self.width // 3, self.width, self.width * self.buckets // 2])

    def _edge(self) -> None:
        """To a millisecond at, before or behind the edge of a bucket of the store's clock."""
        shown = self.now + self.skew
        ahead = self.random.choice([1, 1, 1, 2, self.buckets, self.buckets + 1])
        edge = (shown // self.width + ahead) * self.width + self.random.choice([-1, 0, 1])
        self.now = max(self.now, edge - self.skew)

    def _traffic(self) -> None:
        person = self._someone()
        amount = self.random.choice([500, 2_000, 9_000])
        person.credits += amount
        person.attempts += amount // 20
        self.earned += amount

    def _acquire(self) -> None:
        person = self._someone()
        sent = self.now
        reply = self._send(person, self.random.choice([1, 2, 5, 32]))
        self._let_go(person)
        if reply.units:
            person.lease = Lease(reply.bucket, reply.units, sent + reply.left_ms)
            if self.random.random() < self.eager:
                self._use_of(person)

    def _use(self) -> None:
        """A holder may wait with what it has until the last moment."""
        self._use_of(self._someone())

    def _use_of(self, person: Person) -> None:
        lease = person.lease
        if lease is None or lease.units == 0:
            return
        if self.random.random() < 0.5:
            self.now = max(self.now, lease.until - self.random.choice([1, 1, 2]))
        if self.now < lease.until:
            units = lease.units if self.random.random() < self.eager else self.random.randint(1, lease.units)
            lease.units -= units
            self.spent.append((self.now, units))

    def _let_go(self, person: Person) -> None:
        if person.lease is not None and person.lease.units:
            person.back = (person.lease.bucket, person.lease.units)
        person.lease = None

    def _give_back(self) -> None:
        person = self._someone()
        self._let_go(person)
        if person.back[1]:
            self._send(person, 0)
            if self.random.random() < 0.5:
                self._again(person)
                self._again(person)

    def _twice(self) -> None:
        self._again(self._someone())

    def _again(self, person: Person) -> None:
        """The network delivers the last call once more; nobody hears the answer."""
        if person.last is not None:
            heard, want = person.last
            self._reply(person, heard, want)

    def _lost(self) -> None:
        """The call arrives, the answer does not."""
        self._send(self._someone(), self.random.choice([1, 5]))

    def _die(self) -> None:
        person = self._someone()
        self.people.remove(person)
        self.people.append(Person(f"{self.seed}-{self.next_name}"))
        self.next_name += 1

    def _back_in_time(self) -> None:
        self.skew -= self.random.choice([1, self.width, self.width * 2, self.window * 3])

    def _lose(self) -> None:
        """Another server, or this one without its data."""
        assert self.losing is not None
        if self.losing(self.random):
            self.history = f"h{self.random.random()}"
            self.skew += self.random.choice([-1, 0, 1]) * self.random.randrange(2 * self.width)

    def _send(self, person: Person, want: int) -> Granted:
        person.seq += 1
        heard = Heard(person.seq, person.credits, person.attempts, *person.back)
        person.back = (0, 0)
        person.last = (heard, want)
        return self._reply(person, heard, want)

    def _reply(self, person: Person, heard: Heard, want: int) -> Granted:
        at = self.now + self.skew
        reply = self.call(person.name, self.allowance, heard, want, self.divisor, at, self.history)
        self.replies.append(reply)
        return reply
