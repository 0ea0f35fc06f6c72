"""An upstream whose window changes, and changes back: no window holds more than the cap, whichever ring granted it."""

from __future__ import annotations

import random
from typing import NamedTuple

import pytest

from tests.support.budget_history import START
from tests.support.budget_reference import Ring as Reference
from tests.support.servers import RunningServer
from weir.store.budget import Allowance, Granted, Heard, Ring, budget_call, granted, upstream_tag
from weir.store.keys import Keys
from weir.store.scripts import script

BUCKETS = 5
WIDTHS = (20, 100, 300)
CAP = 10
ALLOWANCE = Allowance(CAP, 100, 0, CAP)
LIVES = 60
STEPS = 60


class Upstream:
    """Its rings on a real server, their references, and what was spent of them."""

    def __init__(self, server: RunningServer, keys: Keys, source: str = "") -> None:
        self.admin, self.keys = server.admin(), keys
        self.admin.flushall()
        self._sha = self.admin.script_load(source or script("budget").source)
        self._seq = 0
        ends: dict[tuple[int, int], int] = {}
        self.references = {width: Reference(width, BUCKETS, ends=ends) for width in WIDTHS}
        self.spent: list[tuple[int, int]] = []
        """(moment, units)."""

    def call(self, width: int, at: int, want: int = 0) -> Granted:
        """Raises AssertionError if the reference answers something else."""
        self._seq += 1
        ring, heard = Ring("file/u", width, BUCKETS), Heard(self._seq, 0, 0)
        made = budget_call(self.keys, ring, "n1", ALLOWANCE, heard, want=want, at=at, history="h")
        answer = granted(self.admin.evalsha(self._sha, *made.command))
        assert answer == self.references[width].call("n1", ALLOWANCE, heard, want, 1, at, "h")
        return answer

    def spend(self, width: int, now: int, skew: int, late: bool) -> int:
        """Takes what there is, and spends it at once or at the last moment; returns which that was.

        Raises AssertionError if the window of this ring that ends then holds more than the cap.
        """
        reply = self.call(width, now + skew, CAP)
        if reply.units:
            now += reply.left_ms - 1 if late else 0
            self.spent.append((now, reply.units))
            assert sum(units for at, units in self.spent if now - width * BUCKETS <= at <= now) <= CAP
        return now


def life(upstream: Upstream, seed: int) -> None:
    """Raises AssertionError if the cap does not hold in the window that is in force."""
    chance = random.Random(seed)
    now, skew, width = START + chance.randrange(1000), 0, WIDTHS[0]
    for one in WIDTHS:
        upstream.call(one, now)
    now += (BUCKETS + 2) * max(WIDTHS)
    for _ in range(STEPS):
        if chance.random() < 0.3:
            width = chance.choice(WIDTHS)
        if chance.random() < 0.05:
            skew -= chance.choice([1, 50, 1000, 9000])
        now += chance.choice([0, 1, 19, 100, 300, 500, 1500, 1801])
        if chance.random() < 0.4:  # around the moment from which the ring may grant again
            now += chance.choice([-1, 0, 1]) + upstream.call(width, now + skew).again_ms
        now = upstream.spend(width, now, skew, late=chance.random() < 0.5)


def test_the_cap_holds_however_often_the_window_changes(server: RunningServer, keys: Keys) -> None:
    spent = 0
    for seed in range(LIVES):
        upstream = Upstream(server, keys)
        life(upstream, seed)
        spent += len(upstream.spent)
    assert spent > 3 * LIVES, "the lives spend too little to prove anything"


def test_a_ring_that_was_left_grants_again_once_the_units_of_the_other_have_left_its_window(
    server: RunningServer, keys: Keys
) -> None:
    upstream, now = Upstream(server, keys), START
    for width in (100, 300):
        upstream.call(width, now)
    now += 3000
    reply = upstream.call(300, now, 4)
    assert reply.units == 4
    over = now + reply.left_ms
    refused = upstream.call(100, now + 1, 1)
    assert (refused.why, refused.again_ms) == ("quarantine", over + 500 - now - 1)
    assert upstream.call(100, over + 499, 1).units == 0
    assert upstream.call(100, over + 500, 1).units == 1


def test_a_grant_by_a_clock_that_was_a_year_ahead_is_waited_for_as_one_of_now(
    server: RunningServer, keys: Keys
) -> None:
    upstream, year = Upstream(server, keys), 365 * 86_400_000
    upstream.call(300, START + year)
    assert upstream.call(300, START + year + 3000, 1).units == 1
    upstream.call(100, START)
    refused = upstream.call(100, START + 1000, 1)
    assert refused.again_ms <= 300 + 500


def test_what_no_window_can_reach_back_to_is_forgotten(server: RunningServer, keys: Keys) -> None:
    upstream, name = Upstream(server, keys), keys.budget_windows(upstream_tag("file/u"))
    upstream.call(100, START)
    upstream.call(300, START)
    upstream.call(100, START + 3000, 1)
    assert 172_000_000 < upstream.admin.pttl(name) <= 172_800_000
    for after_ms, kept in ((172_000_000, 1), (173_000_000, 0)):
        upstream.call(300, START + 3000 + after_ms)
        assert upstream.admin.hlen(name) == kept


class Mutant(NamedTuple):
    right: str
    wrong: str


MUTANTS = {
    "does not look at the others": Mutant("elseif ends[place] ~= mine then", "elseif false then"),
    "looks at itself": Mutant("elseif ends[place] ~= mine then", "else"),
    "forgets to note what it grants": Mutant("  redis.call('HSET', windows, mine, clock + again)\n", ""),
    "notes the moment of the grant": Mutant("mine, clock + again)", "mine, clock)"),
    "waits by its own clock": Mutant("width * count - clock)", "width * count - now)"),
    "waits for a bucket too few": Mutant("others_end + width * count", "others_end + width * (count - 1)"),
    "believes a clock that was ahead": Mutant("if over > longest then", "if false then"),
}  # fmt: skip


@pytest.mark.parametrize("engine", ["valkey"], indirect=True)  # what is tried here is the histories
@pytest.mark.parametrize("name", MUTANTS)
def test_a_script_that_forgets_another_window_is_caught(server: RunningServer, keys: Keys, name: str) -> None:
    mutant, source = MUTANTS[name], script("budget").source
    assert source.count(mutant.right) == 1, "the script changed; change the mutant with it"
    wrong = source.replace(mutant.right, mutant.wrong)
    assert any(is_caught(Upstream(server, keys, wrong), seed) for seed in range(LIVES))


def is_caught(upstream: Upstream, seed: int) -> bool:
    try:
        life(upstream, seed)
    except AssertionError:
        return True
    return False
