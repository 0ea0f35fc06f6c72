"""Names to addresses: what is kept, for how long, and what is served when nobody answers."""

from __future__ import annotations

import gevent
import pytest
from gevent.event import Event

from edge.upstream import resolver as module
from edge.upstream.dns.lookup import Answer, LookupFailed
from edge.upstream.resolver import MAX_STALE_S, CannotResolve, Resolver, is_address


def answer(*addresses: str, ttl_s: float = 30.0) -> Answer:
    v4 = tuple(address for address in addresses if ":" not in address)
    return Answer(v4, tuple(address for address in addresses if ":" in address), ttl_s)


class World:
    """A name server, a clock and a pause that the test moves on."""

    def __init__(self, *answers: Answer | LookupFailed) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.now = 0.0
        self.waits: list[float] = []
        self.outcomes: list[str] = []
        self.changes: list[tuple[str, ...]] = []
        self._go = Event()
        self.resolver = Resolver(self.look_up, lambda: self.now, self.sleep, self.outcomes.append)
        self.resolver.on_change = lambda _host, addresses: self.changes.append(addresses)

    def look_up(self, name: str) -> Answer:
        self.asked.append(name)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, LookupFailed):
            raise found
        return found

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self._go.wait()

    def renew(self) -> None:
        """The pause of every name is over."""
        self.now += self.waits[-1]
        self._go.set()
        self._go.clear()
        gevent.sleep(0)

    def addresses(self, host: str = "a.test") -> tuple[str, ...]:
        return self.resolver.addresses(host, 10.0)


def test_an_address_is_its_own_answer() -> None:
    world = World(LookupFailed("never asked"))
    assert world.addresses("192.0.2.1") == ("192.0.2.1",)
    assert world.addresses("[2001:db8::1]") == ("2001:db8::1",)
    assert world.asked == []
    assert is_address("[::1]")
    assert not is_address("a.test")


def test_a_name_is_asked_for_once_and_then_renewed_before_it_expires() -> None:
    world = World(answer("192.0.2.1", ttl_s=20.0), answer("192.0.2.2", ttl_s=20.0))
    for _ in range(3):
        assert world.addresses() == ("192.0.2.1",)
    assert (world.asked, world.waits) == (["a.test"], [18.0])
    world.renew()
    assert world.addresses() == ("192.0.2.2",)
    assert world.changes == [("192.0.2.1",), ("192.0.2.2",)]


@pytest.mark.parametrize(("ttl_s", "wait_s"), [(0.0, 0.9), (1.0, 0.9), (60.0, 54.0), (86_400.0, 54.0)])
def test_the_time_of_an_answer_has_a_floor_and_a_ceiling(ttl_s: float, wait_s: float) -> None:
    world = World(answer("192.0.2.1", ttl_s=ttl_s))
    world.addresses()
    assert world.waits == [wait_s]


def test_what_a_fresh_answer_lacks_is_gone_at_once() -> None:
    world = World(answer("192.0.2.1", "192.0.2.2"), answer("192.0.2.2"), answer())
    world.addresses()
    world.renew()
    assert world.addresses() == ("192.0.2.2",)
    world.renew()
    with pytest.raises(CannotResolve, match="has no address"):
        world.addresses()
    assert world.outcomes == ["answered", "answered", "none"]


def test_the_last_answer_is_served_while_nobody_answers_but_not_for_ever() -> None:
    world = World(answer("192.0.2.1", ttl_s=30.0), LookupFailed("silence"))
    world.addresses()
    assert world.resolver.stale() == 0
    for _ in range(6):
        world.renew()
        assert world.addresses() == ("192.0.2.1",)
    assert world.resolver.stale() == 1
    assert world.waits == [27.0, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    world.now = 30.0 + MAX_STALE_S
    with pytest.raises(CannotResolve, match="silence"):
        world.addresses()
    assert world.resolver.stale() == 0
    assert world.outcomes == ["answered", *["failed"] * 6]


def test_a_type_that_nobody_answers_for_keeps_its_addresses() -> None:
    world = World(answer("192.0.2.1", "2001:db8::1"), Answer(("192.0.2.2",), None, 30.0))
    world.addresses()
    world.renew()
    assert world.addresses() == ("192.0.2.2", "2001:db8::1")


def test_a_name_that_never_resolved_fails_at_once_until_it_does() -> None:
    world = World(LookupFailed("silence"), answer(), answer("192.0.2.1"))
    for sentence in ("silence", "silence"):
        with pytest.raises(CannotResolve, match=sentence):
            world.addresses()
    world.renew()
    with pytest.raises(CannotResolve, match="no address"):
        world.addresses()
    assert world.waits == [1.0, 4.5]
    world.renew()
    assert world.addresses() == ("192.0.2.1",)
    assert len(world.asked) == 3


def test_a_slow_look_up_is_waited_for_only_so_long() -> None:
    def never(_name: str) -> Answer:
        gevent.sleep(60)
        return answer()

    slow = Resolver(never)
    with pytest.raises(CannotResolve, match="in time"):
        slow.addresses("a.test", 0.01)
    slow.forget({})


def test_names_that_no_version_has_are_not_renewed() -> None:
    world = World(answer("192.0.2.1"))
    world.addresses()
    world.addresses("b.test")
    world.resolver.forget({"b.test": None})
    world.renew()
    assert world.asked == ["a.test", "b.test", "b.test"]
    world.addresses()
    assert world.asked[3:] == ["a.test"]


def test_names_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_NAMES", 2)
    world = World(answer("192.0.2.1"))
    world.addresses("a.test")
    world.addresses("b.test")
    with pytest.raises(CannotResolve, match="one too many"):
        world.addresses("c.test")
    assert world.addresses("192.0.2.7") == ("192.0.2.7",)
