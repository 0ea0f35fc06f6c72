"""What holders say late is booked where it was earned: no window is given what many windows earned.

Each check is held against the script, and against wrong scripts, of which one or another must fail it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.support.budget_history import START
from tests.support.servers import RunningServer
from weir.store.budget import Allowance, Granted, Heard, Ring, budget_call, granted, upstream_tag
from weir.store.keys import Keys
from weir.store.scripts import script

BUCKETS = 10
FOLLOWS_THE_PEAK = Allowance(cap=None, least_cap=1, reserve=0, floor=0)


class Rig:
    """One ring on a real server, and the words of its holders."""

    def __init__(self, server: RunningServer, keys: Keys, width: int, source: str = "") -> None:
        self.admin, self.width = server.admin(), width
        self.admin.flushall()
        self._keys, self.ring = keys, Ring("file/orders", width, BUCKETS)
        self._sha = self.admin.script_load(source or script("budget").source)
        self._seq = 0

    def say(self, at: int, done: int, holder: str = "n1", over_ms: int = 0, history: str = "h") -> Granted:
        """So many first attempts until now; each earns a tenth of a unit."""
        self._seq += 1
        heard = Heard(self._seq, done * 100, done, over_ms=over_ms)
        call = budget_call(
            self._keys, self.ring, holder, FOLLOWS_THE_PEAK, heard, want=0, at=at, history=history
        )
        return granted(self.admin.evalsha(self._sha, *call.command))

    @property
    def name(self) -> str:
        return self._keys.budget(upstream_tag(self.ring.upstream), self.width, BUCKETS)

    @property
    def holder(self) -> str:
        return self._keys.budget_holder(upstream_tag(self.ring.upstream), self.width, BUCKETS, "n1")


Check = Callable[[Rig], None]


def even_traffic_never_looks_like_more(rig: Rig) -> None:
    """Three holders that see one first attempt in a millisecond each and say so now and then, or not for a minute."""
    chance = random.Random(rig.width)
    window, now = rig.width * BUCKETS, START
    for _ in range(300):
        now += chance.choice([1, 40, 100, 350, 1000, 1100, 1100, chance.choice([1000, 55_000])])
        reply = rig.say(now, now - START, chance.choice(["n1", "n2", "n3"]))
        assert reply.credit <= 3 * window // 10
        assert reply.cap <= max(1, 3 * window // 10)


def all_of_it_is_found_in_the_end(rig: Rig) -> None:
    """Words of every second, of three holders in turn: the peak is that of the traffic, whatever the window."""
    for second in range(60):
        for number in range(3):
            now = START + second * 1000 + number * 330
            reply = rig.say(now, now - START, f"n{number}")
    assert reply.cap >= 3 * rig.width * BUCKETS // 10 * 98 // 100


def a_silence_leaves_no_more_than_two_windows(rig: Rig) -> None:
    rig.say(START, 0)
    rig.say(START + 60_000, 60_000)
    fields = [field.decode() for field in rig.admin.hkeys(rig.name)]
    assert len([field for field in fields if field[1:].isdigit()]) <= 3 * BUCKETS + 1


def what_is_said_in_one_moment_is_booked(rig: Rig) -> None:
    rig.say(START, 0)
    rig.say(START, 400)
    assert rig.say(START, 500).credit == 50


def a_word_that_waited_in_a_stopped_server_is_no_last_word(rig: Rig) -> None:
    """It is carried out when the server goes on, and the next one a moment later."""
    rig.say(START, 0)
    stopped = 5 * rig.width * BUCKETS
    rig.say(START + stopped, 1000, over_ms=1000)
    reply = rig.say(START + stopped + 1, 51_000, over_ms=stopped - rig.width)
    assert reply.credit <= 51_000 // 40


def a_clock_that_was_ahead_leaves_nothing(rig: Rig) -> None:
    rig.say(START + 2 * rig.width * BUCKETS, 0)
    assert rig.say(START, 5000).credit == 0
    assert rig.say(START + 1, 5010).credit == 1


def keys_live_longer_than_what_they_forbid(rig: Rig) -> None:
    """The ring for a day, or twice its window: without it all would be in quarantine. A holder for two windows."""
    rig.say(START, 0)
    window = rig.width * BUCKETS
    assert rig.admin.pttl(rig.name) > max(86_000_000, 2 * window)
    assert max(59_000, 2 * window) < rig.admin.pttl(rig.holder) <= max(60_000, 2 * window + 2 * rig.width)


CHECKS = (
    even_traffic_never_looks_like_more, all_of_it_is_found_in_the_end,
    a_silence_leaves_no_more_than_two_windows, what_is_said_in_one_moment_is_booked,
    a_clock_that_was_ahead_leaves_nothing,
    a_word_that_waited_in_a_stopped_server_is_no_last_word, keys_live_longer_than_what_they_forbid,
)  # fmt: skip
WIDTHS = (100, 1000, 8_640_000)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("check", CHECKS)
def test_late_words(server: RunningServer, keys: Keys, check: Check, width: int) -> None:
    if width > 1000 and check is all_of_it_is_found_in_the_end:
        return  # a minute is no window of a day
    check(Rig(server, keys, width))


class Mutant(NamedTuple):
    right: str
    wrong: str
    check: Check
    width: int = 100


LIVE = keys_live_longer_than_what_they_forbid
MUTANTS = {
    "credit into the present bucket": Mutant("known[3]), since)", "known[3]), now)", CHECKS[0]),
    "first attempts into the present bucket": Mutant("known[4]), since)", "known[4]), now)", CHECKS[0]),
    "no moment of the last word": Mutant(",\n    'at', now)", ")", CHECKS[0]),
    "the last window only": Mutant("for edge = last - count, last do", "for edge = last, last do", CHECKS[1]),
    "first attempts for one window": Mutant("kind == 'a' and 2 * count or count", "count", CHECKS[1]),
    "late first attempts for one window": Mutant("'a', b - 2 * count + 1", "'a', b", CHECKS[1]),
    "buckets beyond the ring": Mutant(
        "math.max(oldest, math.floor(since / width))", "math.floor(since / width)", CHECKS[2]
    ),
    "a word of no length is lost": Mutant("math.max(1, now - since)", "(now - since)", CHECKS[3]),
    "more than there was": Mutant("math.min(1, ", "(", CHECKS[3], 1000),
    "before the last word": Mutant("math.max(0, edge - since)", "(edge - since)", CHECKS[0]),
    "of a clock that was ahead": Mutant("local since = math.min(", "local since = math.min(0, ", CHECKS[4]),
    "after a word that waited": Mutant(
        "over_ms == '0' and math.huge or now - over_ms",
        "math.huge",
        a_word_that_waited_in_a_stopped_server_is_no_last_word,
    ),
    "a ring that ends": Mutant(
        "redis.call('PEXPIRE', ring, math.max(86400000, (2 * count + 2) * width))",
        "redis.call('PEXPIRE', ring, width)",
        LIVE,
    ),
    "a ring for ever": Mutant(
        "redis.call('PEXPIRE', ring, math.max(86400000, (2 * count + 2) * width))\n", "", LIVE
    ),
    "a ring of a day at most": Mutant("math.max(86400000, (2 * count + 2) * width)", "86400000", LIVE, WIDTHS[2]),
    "a holder for ever": Mutant(
        "  redis.call('PEXPIRE', holder, math.max(60000, (2 * count + 2) * width))\n", "", LIVE
    ),
    "a holder of a minute at most": Mutant("math.max(60000, (2 * count + 2) * width)", "60000", LIVE, WIDTHS[2]),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTANTS)
def test_a_script_that_books_wrongly_is_caught(server: RunningServer, keys: Keys, name: str) -> None:
    mutant, source = MUTANTS[name], script("budget").source
    assert source.count(mutant.right) == 1, "the script changed; change the mutant with it"
    rig = Rig(server, keys, mutant.width, source.replace(mutant.right, mutant.wrong))
    with pytest.raises(AssertionError):
        mutant.check(rig)
