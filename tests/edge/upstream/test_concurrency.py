"""Places in flight and in the queue, on a clock of the tests' own."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edge.upstream.concurrency import INTERVAL_S, TARGET_S, Place, Slots


def nobody() -> None:
    """Wakes nobody."""


def queue(slots: Slots, now: float) -> Place:
    place = slots.queue_up(now, nobody)
    assert place is not None
    return place


def full(limit: int = 1, room: int = 3) -> Slots:
    slots = Slots(limit, room)
    for _ in range(limit):
        assert slots.try_enter()
    return slots


def test_up_to_the_limit_go_at_once() -> None:
    slots = full(limit=2)
    assert not slots.try_enter()
    slots.leave(0.0)
    assert slots.try_enter()


def test_without_room_nobody_waits() -> None:
    assert full(room=0).queue_up(0.0, nobody) is None


def test_in_calm_times_the_oldest_goes_first() -> None:
    slots = full()
    one, two = queue(slots, 0.0), queue(slots, 0.01)
    slots.leave(0.02)
    assert (one.admitted, two.admitted, slots.in_flight, slots.waiting) == (True, False, 1, 1)
    assert one.until == INTERVAL_S


def test_whoever_comes_while_others_wait_waits_too() -> None:
    slots = full(limit=2)
    queue(slots, 0.0)
    assert not slots.try_enter()


def test_where_somebody_always_waits_the_newest_goes_first_and_waits_little() -> None:
    slots = full()
    old = queue(slots, 0.0)
    new = queue(slots, INTERVAL_S)
    assert slots.is_overloaded(INTERVAL_S)
    assert new.until == INTERVAL_S + TARGET_S
    slots.leave(INTERVAL_S + 0.001)
    assert (old.admitted, new.admitted) == (False, True)


def test_an_empty_queue_ends_the_overload() -> None:
    slots = full()
    old = queue(slots, 0.0)
    slots.drop(old, 0.2)
    assert queue(slots, 0.3).until == 0.3 + INTERVAL_S


def test_a_full_queue_refuses_in_calm_times_and_pushes_the_oldest_out_in_overload() -> None:
    slots = full(room=2)
    old, _ = queue(slots, 0.0), queue(slots, 0.0)
    assert slots.queue_up(0.05, nobody) is None
    new = queue(slots, INTERVAL_S)
    assert (old.shed, old.admitted, new.shed) == (True, False, False)
    assert slots.waiting == 2


def test_who_gave_up_gives_back_what_was_given_meanwhile() -> None:
    slots = full()
    place = queue(slots, 0.0)
    slots.leave(0.01)
    assert place.admitted
    slots.drop(place, 0.02)
    assert slots.in_flight == 0


def test_a_lower_limit_takes_nobody_out_and_a_higher_one_lets_in() -> None:
    slots = full(limit=3)
    waiting = [queue(slots, 0.0) for _ in range(3)]
    slots.change(1, 3, 0.0)
    assert slots.in_flight == 3
    slots.leave(0.0)
    assert not any(place.admitted for place in waiting)
    slots.change(4, 1, 0.0)
    assert [place.shed for place in waiting] == [True, True, False]
    assert waiting[2].admitted


class AnyOrder(RuleBasedStateMachine):
    """Whatever happens in whatever order."""

    @initialize(limit=st.integers(1, 4), room=st.integers(0, 4))
    def begin(self, limit: int, room: int) -> None:
        self.now = 0.0
        self.slots = Slots(limit, room)
        self.in_flight = 0
        self.highest = limit
        self.waiting: list[Place] = []
        self.woken: list[Place] = []

    @rule(seconds=st.sampled_from([0.0, 0.001, TARGET_S, 0.05, INTERVAL_S, 1.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def comes(self) -> None:
        if self.slots.try_enter():
            self.in_flight += 1
            return
        cell: list[Place] = []
        early: list[bool] = []
        place = self.slots.queue_up(
            self.now, lambda: self.woken.append(cell[0]) if cell else early.append(True)
        )
        if place is None:
            return
        cell.append(place)
        if early:
            self.woken.append(place)
        self.waiting.append(place)
        self.settle()

    @rule()
    def leaves(self) -> None:
        if self.in_flight:
            self.in_flight -= 1
            self.slots.leave(self.now)
            self.settle()

    @rule(which=st.integers(0, 100))
    def gives_up(self, which: int) -> None:
        if self.waiting:
            place = self.waiting.pop(which % len(self.waiting))
            self.slots.drop(place, self.now)
            self.settle()

    @rule(limit=st.integers(1, 4), room=st.integers(0, 4))
    def changes(self, limit: int, room: int) -> None:
        self.slots.change(limit, room, self.now)
        self.settle()

    def settle(self) -> None:
        for place in [place for place in self.waiting if place.admitted or place.shed]:
            self.waiting.remove(place)
            assert place in self.woken, "who does not wait any more was told"
            self.in_flight += int(place.admitted)

    @invariant()
    def counts_hold(self) -> None:
        slots = self.slots
        assert slots.in_flight == self.in_flight
        assert slots.waiting == len(self.waiting) <= slots.room
        assert not any(place.admitted and place.shed for place in self.waiting)
        if self.waiting:
            assert slots.in_flight >= slots.limit, "nobody waits beside a free place"
        assert all(place.until <= self.now + INTERVAL_S for place in self.waiting)

    @rule()
    def never_more_than_the_limit_go_in(self) -> None:
        before, limit = self.slots.in_flight, self.slots.limit
        if self.slots.try_enter():
            self.in_flight += 1
            assert before < limit
            assert self.slots.in_flight <= limit


TestAnyOrder = AnyOrder.TestCase
