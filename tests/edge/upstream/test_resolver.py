"""Names to addresses, with a look-up and a clock of the test's own."""

from __future__ import annotations

import gevent
import pytest

from edge.upstream.resolver import FRESH_S, CannotResolve, Resolver, is_address, system_lookup


class Lookup:
    def __init__(self, *answers: tuple[str, ...] | OSError) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, _name: str) -> tuple[str, ...]:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, OSError):
            raise answer
        return answer


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_address_is_its_own_answer() -> None:
    resolver = Resolver(Lookup(OSError("never asked")))
    assert resolver.addresses("192.0.2.1", 1.0) == ("192.0.2.1",)
    assert resolver.addresses("2001:db8::1", 1.0) == ("2001:db8::1",)
    assert is_address("[::1]")
    assert not is_address("a.test")


def test_a_fresh_answer_is_not_asked_for_again() -> None:
    lookup = Lookup(("192.0.2.1",))
    resolver = Resolver(lookup, Clock())
    for _ in range(3):
        assert resolver.addresses("a.test", 10.0) == ("192.0.2.1",)
    assert lookup.asked == 1


def test_an_old_answer_is_served_while_a_new_one_is_fetched() -> None:
    clock = Clock()
    resolver = Resolver(Lookup(("192.0.2.1",), ("192.0.2.2",)), clock)
    resolver.addresses("a.test", 10.0)
    clock.now = FRESH_S
    assert resolver.addresses("a.test", 10.0) == ("192.0.2.1",)
    gevent.sleep(0)
    assert resolver.addresses("a.test", 10.0) == ("192.0.2.2",)


def test_an_answer_outlives_errors() -> None:
    clock = Clock()
    resolver = Resolver(Lookup(("192.0.2.1",), OSError("away")), clock)
    resolver.addresses("a.test", 10.0)
    for clock.now in (100.0, 200.0):
        assert resolver.addresses("a.test", 10.0) == ("192.0.2.1",)
        gevent.sleep(0)


def test_a_name_that_never_resolved_is_an_error_that_is_not_repeated_at_once() -> None:
    lookup = Lookup(OSError("no such name"))
    resolver = Resolver(lookup, Clock())
    for _ in range(3):
        with pytest.raises(CannotResolve, match="no such name"):
            resolver.addresses("a.test", 10.0)
    assert lookup.asked == 1


def test_a_slow_look_up_is_waited_for_only_so_long() -> None:
    def never(_name: str) -> tuple[str, ...]:
        gevent.sleep(60)
        return ()

    with pytest.raises(CannotResolve, match="in time"):
        Resolver(never).addresses("a.test", 0.01)


def test_names_that_nobody_uses_are_forgotten() -> None:
    lookup = Lookup(("192.0.2.1",))
    resolver = Resolver(lookup, Clock())
    resolver.addresses("a.test", 10.0)
    resolver.forget({})
    resolver.addresses("a.test", 10.0)
    assert lookup.asked == 2


def test_a_name_that_idna_refuses_is_an_error_like_another() -> None:
    resolver = Resolver(system_lookup, Clock())
    for _ in range(2):
        with pytest.raises(CannotResolve, match="cannot be resolved"):
            resolver.addresses("a..test", 10.0)
