"""The script of the retry budget against real servers: the cap holds, and every wrong version of it is caught."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.budget_history import START, Life
from tests.support.budget_reference import Ring as Reference
from tests.support.servers import RunningServer
from weir.store.budget import Allowance, Granted, Heard, Ring, budget_call, granted, upstream_tag
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.scripts import script

LIVES = 120
STEPS = 60
GEOMETRIES = ((100, 2), (1000, 5), (7, 3))
ALLOWANCES = (
    Allowance(cap=4, least_cap=100, reserve=0, floor=2),
    Allowance(cap=30, least_cap=100, reserve=6, floor=3),
    Allowance(cap=20, least_cap=100, reserve=6, floor=20),
    Allowance(cap=None, least_cap=12, reserve=2, floor=2),
)


class Store:
    """The script, or a changed one, on a real server."""

    def __init__(self, server: RunningServer, keys: Keys, source: str = "") -> None:
        self.admin = server.admin()
        self._keys = keys
        self.sha = self.admin.script_load(source or script("budget").source)

    def life(self, seed: int, *, loses: bool = False) -> Life:
        width, buckets = GEOMETRIES[seed % len(GEOMETRIES)]
        ring = Ring(f"test/u{seed}", width, buckets)

        def call(
            holder: str, allowance: Allowance, heard: Heard, want: int, divisor: int, at: int, history: str
        ) -> Granted:
            made = budget_call(
                self._keys, ring, holder, allowance, heard, want=want, divisor=divisor, at=at, history=history
            )
            return granted(self.admin.evalsha(self.sha, *made.command))

        name = self._keys.budget(upstream_tag(ring.upstream), width, buckets)
        copy: list[bytes] = []

        def lose(chance: random.Random) -> bool:
            """Flushed, or a replica takes over that lacks the latest; whether the history is another."""
            kind = chance.choice(["flush", "remember", "remember", "older"])
            if kind == "flush":
                self.admin.flushall()
            elif kind == "remember":
                copy[:] = filter(None, [self.admin.dump(name)])
            elif copy:
                self.admin.restore(name, 0, copy[0], replace=True)
            return kind == "older"

        allowance = ALLOWANCES[seed // len(GEOMETRIES) % len(ALLOWANCES)]
        return Life(call, allowance, width, buckets, seed, losing=lose if loses else None)


@pytest.fixture
def store(server: RunningServer, keys: Keys) -> Store:
    return Store(server, keys)


def is_broken(life: Life) -> bool:
    cap = life.allowance.cap
    most = None if cap is None else cap - life.allowance.reserve
    return (most is not None and life.worst() > most) or life.beyond_credit() > 0


@pytest.mark.parametrize("loses", [False, True], ids=["kept", "lost"])
def test_no_window_holds_more_than_the_cap_and_nothing_beyond_what_was_earned(
    store: Store, loses: bool
) -> None:
    spent = 0
    for seed in range(LIVES):
        life = store.life(seed, loses=loses).play(STEPS)
        assert not is_broken(life), (
            f"seed {seed}: {life.worst()} in a window, {life.beyond_credit()} too many"
        )
        spent += sum(units for _, units in life.spent)
        for reply in life.replies:
            assert reply.available >= 0
            assert 0 < reply.left_ms <= life.width
            assert reply.again_ms > 0
    assert spent > LIVES, "the lives spend too little to prove anything"


class Mutant(NamedTuple):
    """A wrong script, and what shows that it is: that the store loses data meanwhile, or an answer of the reference."""

    right: str
    wrong: str
    loses: bool = False
    differs: bool = False


MUTANTS = {
    "sums over one bucket too few": Mutant(
        "granted, why = budget - sum('g', b - count, b)", "granted, why = budget - sum('g', b - count + 1, b)"
    ),
    "takes back into the present bucket": Mutant(
        "add('g', given, -math.min(back, sum('g', given, given)))",
        "add('g', b, -math.min(back, sum('g', b, b)))",
    ),
    "takes back what it cannot subtract": Mutant(
        "-math.min(back, sum('g', given, given))", "-back", differs=True
    ),
    "does not look at the number of a call": Mutant("tonumber(seq) > tonumber(known[2])", "true"),
    "lets its clock run backwards": Mutant(
        "local now = math.max(clock, tonumber(state.now or 0))", "local now = clock"
    ),
    "books the whole past of a holder it does not know": Mutant(
        "  if not first then\n",
        "  if first then known = {history, 0, 0, 0} end\n  if true then\n",
        differs=True,
    ),
    "grants at once when data was lost": Mutant(
        "state = {quarantine = (math.floor(now / width) + count + 2) * width}",
        "state = {quarantine = 0}",
        loses=True,
    ),
    "grants too early when data was lost": Mutant("+ count + 2) * width}", "+ 1) * width}", loses=True),
    "does not look at the history": Mutant("state.history ~= history or", "not state.now or", loses=True),
    "forgets to note what it grants": Mutant("  add('g', b, granted)\n", ""),
    "drops the oldest bucket too early": Mutant("tonumber(bucket) < b - (", "tonumber(bucket) <= b - ("),
    "keeps first attempts for one window only": Mutant(
        "kind == 'a' and 2 * count or count", "count", differs=True
    ),
    "books credit into the present bucket": Mutant("known[3]), since)", "known[3]), now)", differs=True),
    "books first attempts into the present bucket": Mutant(
        "known[4]), since)", "known[4]), now)", differs=True
    ),
    "does not keep the moment of a word": Mutant(",\n    'at', now)", ")", differs=True),
    "looks at the last window only for the peak": Mutant(
        "for edge = last - count, last do", "for edge = last, last do", differs=True
    ),
    "grants the reserve too": Mutant("math.min(most - reserve, credit)", "math.min(most, credit)"),
    "lets credit live a bucket too long": Mutant(
        "sum('c', b - count + 1, b)", "sum('c', b - count, b)", differs=True
    ),
}
HUNT = 900
"""Lives after which a mutant that still lives is a failure of the generator."""


@pytest.mark.parametrize("engine", ["valkey"], indirect=True)  # what is tried here is the histories
@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_script_is_caught(server: RunningServer, keys: Keys, name: str) -> None:
    mutant, source = MUTANTS[name], script("budget").source
    assert source.count(mutant.right) == 1, "the script changed; change the mutant with it"
    wrong = Store(server, keys, source.replace(mutant.right, mutant.wrong))
    for seed in range(HUNT):
        life = wrong.life(seed, loses=mutant.loses)
        if mutant.differs:
            compare(life)
        try:
            if is_broken(life.play(STEPS)):
                return
        except Different:
            return
    pytest.fail(f"no life of {HUNT} shows what is wrong")


class Different(AssertionError):
    """The script answered something else than its reference."""


def compare(life: Life) -> None:
    """From now on every answer is held against the reference's. Raises Different."""
    reference, real = Reference(life.width, life.buckets), life.call

    def both(*call: Any) -> Granted:
        answer, expected = real(*call), reference.call(*call)
        if answer != expected:
            raise Different(f"{answer} instead of {expected}")
        return answer

    life.call = both


def test_the_script_and_its_reference_answer_the_same(store: Store) -> None:
    for seed in range(1000, 1000 + LIVES // 2):
        life = store.life(seed)
        compare(life)
        life.play(STEPS)


moments = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),
        st.integers(-250, 450),
        st.integers(0, 3),
        st.integers(0, 20_000),
        st.integers(0, 9),
        st.integers(-3, 2),
        st.integers(0, 5),
        st.integers(1, 3),
        st.sampled_from(["h", "h", "h", "i"]),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moments=moments, which=st.integers(0, len(ALLOWANCES) - 1))
def test_any_calls_at_all_get_the_answers_of_the_reference(
    store: Store, keys: Keys, moments: list[tuple[Any, ...]], which: int
) -> None:
    store.admin.flushall()
    reference, at, heard = Reference(100, 3), START, {"a": (0, 0), "b": (0, 0)}
    for holder, step, seq, more, want, back_at, back, divisor, history in moments:
        at += step
        number, earned = heard[holder]
        heard[holder] = number + seq - 1, earned + more
        said = Heard(number + seq - 1, earned + more, (earned + more) // 20, at // 100 + back_at, back)
        call = budget_call(
            keys, Ring("test/any", 100, 3), holder, ALLOWANCES[which], said, want=want, divisor=divisor, at=at,
            history=history,
        )  # fmt: skip
        answer = granted(store.admin.evalsha(store.sha, *call.command))
        assert answer == reference.call(holder, ALLOWANCES[which], said, want, divisor, at, history)


def test_a_reply_of_anothershape_is_an_error() -> None:
    with pytest.raises(StoreError, match="no grant"):
        granted([1, 2, 3])
    with pytest.raises(StoreError, match="nobody knows"):
        granted([0, 1, 2, 3, b"perhaps", 5, 6, 7, 8])


def test_the_clock_and_the_history_of_the_server_hold_where_none_are_given(
    client: Client, keys: Keys
) -> None:
    ring, allowance = Ring("file/orders", 1000, 10), Allowance(100, 100, 20, 10)
    first, second = client.pipeline(
        [budget_call(keys, ring, "n1", allowance, Heard(seq, 0, 0), want=1) for seq in (1, 2)]
    )
    assert granted(first).why == "quarantine"
    assert granted(first).again_ms > 10_000
    assert granted(second).now_ms - granted(first).now_ms < 10_000
    history = client.call("HGET", keys.budget(upstream_tag("file/orders"), 1000, 10), "history")
    assert len(history) == 40 + 1 + 40


def test_the_cap_follows_a_tenth_of_the_peak_of_a_day_and_is_never_below_the_least(
    store: Store, keys: Keys
) -> None:
    ring, allowance, hour = Ring("file/orders", 1000, 10), Allowance(None, 100, 20, 10), 3_600_000
    seq = 0

    def cap(at: int, attempts: int) -> int:
        nonlocal seq
        seq += 1
        heard = Heard(seq, 0, attempts)
        call = budget_call(keys, ring, "n1", allowance, heard, want=0, at=at, history="h")
        return granted(store.admin.evalsha(store.sha, *call.command)).cap

    begin = START // hour * hour + 1000
    assert cap(begin, 0) == 100
    cap(begin + 1, 4000)
    assert cap(begin + 2000, 4000) == 400
    cap(begin + hour, 4000)
    cap(begin + hour + 1, 6000)
    cap(begin + 5 * hour, 6000)
    cap(begin + 5 * hour + 1, 9000)
    assert cap(begin + 5 * hour + 2000, 9000) == 400
    assert cap(begin + 24 * hour, 9000) == 400
    assert cap(begin + 25 * hour, 9000) == 300
    assert cap(begin + 30 * hour, 9000) == 100


def test_a_peak_of_hours_that_have_not_come_yet_is_none(store: Store, keys: Keys) -> None:
    """The clock was a year ahead for some seconds, and is right again."""
    ring, allowance, hour, ahead = (
        Ring("file/orders", 1000, 10),
        Allowance(None, 100, 20, 10),
        3_600_000,
        365 * 24,
    )
    said = [(0, 0), (ahead * hour, 0), (ahead * hour + 1, 9000), (ahead * hour + 3000, 9000), (hour, 9001)]
    caps = []
    for seq, (at, attempts) in enumerate(said, start=1):
        heard = Heard(seq, 0, attempts)
        call = budget_call(keys, ring, "n1", allowance, heard, want=0, at=START + at, history="h")
        caps.append(granted(store.admin.evalsha(store.sha, *call.command)).cap)
    assert caps == [100, 100, 100, 900, 100]


def test_nothing_is_granted_before_the_moment_that_a_refusal_names_and_then_it_is(
    store: Store, keys: Keys
) -> None:
    """So who believes a refusal until then misses nothing but what others give back."""
    ring, allowance, seq = Ring("file/orders", 1000, 5), Allowance(10, 100, 2, 10), 0

    def grant(want: int, at: int) -> Granted:
        nonlocal seq
        seq += 1
        call = budget_call(keys, ring, "n1", allowance, Heard(seq, 0, 0), want=want, at=at, history="h")
        return granted(store.admin.evalsha(store.sha, *call.command))

    now = START + 123
    for why, units in (("quarantine", 3), ("cap", 3)):
        while (refusal := grant(units, now)).why != why:
            now += 700
        now += refusal.again_ms
        assert grant(units, now - 1).units == 0
        assert grant(units, now).units > 0


def test_another_server_grants_nothing_before_what_the_one_before_granted_is_over(
    store: Store, keys: Keys
) -> None:
    """Units live for a bucket after their grant and count for a window after that, however the two clocks stand."""
    ring, allowance, width, real = Ring("file/orders", 100, 2), Allowance(4, 100, 0, 4), 100, START

    def grant(seq: int, at: int, history: str) -> Granted:
        call = budget_call(keys, ring, "n1", allowance, Heard(seq, 0, 0), want=4, at=at, history=history)
        return granted(store.admin.evalsha(store.sha, *call.command))

    grant(1, real - 4 * width, "before")
    lease = grant(2, real, "before")
    assert (lease.units, lease.left_ms) == (4, width), "may be spent until the last moment of the bucket"
    for ahead in (0, 1, 50, 98, 99):
        store.admin.flushall()
        assert grant(1, real + 1 + ahead, "after").why == "quarantine"
        still_counts = real + width - 1 + 2 * width
        assert grant(2, still_counts + ahead, "after").why == "quarantine"
        assert grant(3, still_counts + ahead + 2 * width, "after").units == 4
