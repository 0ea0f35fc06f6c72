"""A test of the tests: a limit.lua with one fault must be caught, by a window that saw too much or by the model."""

from __future__ import annotations

from random import Random

import pytest
import redis

from tests.support.limit_histories import Broken, run_history, source
from tests.support.servers import RunningServer

HISTORIES = 400
RARE = (342, 47, 36, 62)
"""Histories that show what few do; they come first, so that nothing takes long."""
MUTANTS = {
    "sums G + 1 buckets, not G + 2": (
        "if bucket >= b - reach and tokens > 0",
        "if bucket > b - reach and tokens > 0",
    ),
    "gives back into the current bucket": (
        "used[given], changed = used[given] - math.min(returned, used[given]), true",
        "given = b; used[b], changed = math.max(0, (used[b] or 0) - returned), true",
    ),
    "lets the clock run backwards": ("  now = seen\nend", "  now = now\nend"),
    "books what is given back twice": ("tonumber(back_number) > number", "tonumber(back_number) > 0"),
    "takes back what another ring granted": ("and back_birth == birth ", ""),
    "takes back more than was granted": ("math.min(returned, used[given])", "returned"),
    "does not count what is booked further": (
        "if bucket >= b - reach and tokens > 0",
        "if bucket >= b - reach and bucket <= b and tokens > 0",
    ),
    "lets tokens live longer than they count": (
        "(booked + 2) * width - now, booked",
        "(booked + 3) * width - now, booked",
    ),
    "books in the current bucket what lives longer": (
        (
            "used[booked], changed = (used[booked] or 0) + granted, true\n"
            "  redis.call('HSET', ring, 'g' .. booked, used[booked])"
        ),
        "used[b], changed = (used[b] or 0) + granted, true\n  redis.call('HSET', ring, 'g' .. b, used[b])",
    ),
    "carries what was booked further as if it were not": ("math.max(carried, bucket + shift)", "carried"),
    "says when what came last is over": ("math.min(oldest or booked, booked)", "booked"),
    "forgets what counts when a clock is corrected": ("sum, carried = sum + granted,", "sum, carried = 0,"),
    "forgets the oldest bucket when a clock is corrected": (
        "was - reach then sum",
        "was - count then sum",
    ),
    "is gone before what came back whole is over": (
        "  last = math.max(last, bucket)",
        "  if tokens > 0 then last = math.max(last, bucket) end",
    ),
    "takes what it carried for another's": ("string.match(birth, '^[^:]*') .. ':' .. new_birth", "new_birth"),
    "carries into the current bucket": (
        "math.floor(seen / width), math.floor(now / width) + 1",
        "math.floor(seen / width), math.floor(now / width)",
    ),
    "leases for two whole buckets": ("(booked + 2) * width - now, booked", "2 * width, booked"),
    "grants more than is left": ("math.max(need, math.floor(left / tonumber(divisor)))", "tonumber(want)"),
    "grants when too little is left": ("and left >= need then", "and left > 0 then"),
    "drops the oldest bucket too early": (
        "if bucket < b - reach then redis",
        "if bucket <= b - reach then redis",
    ),
    "does not book the grant": (
        "used[booked], changed = (used[booked] or 0) + granted, true\n  redis",
        "changed = true\n  redis",
    ),
    "forgets who gave back with the bucket before the last": (
        "or string.sub(field, 1, 1) == 'r' and tonumber(string.match(value, ':(%d+)$'))",
        "or string.sub(field, 1, 1) == 'r' and tonumber(string.match(value, ':(%d+)$')) - 1",
    ),
    "forgets the latest bucket of who gave back": ("math.max(given, latest[ticket] or given)", "given"),
    "lives as long as what was granted now": ("(last - b + reach + 2) * width", "(reach + 2) * width"),
    "lives a bucket less": ("(last - b + reach + 2) * width", "(last - b + reach + 1) * width"),
    "waits too long": (
        "used[order[place]], (order[place] + reach + 1)",
        "used[order[place]], (order[place] + reach + 2)",
    ),
}


@pytest.mark.parametrize("engine", ["valkey"], indirect=True)  # what is tried here is the histories
@pytest.mark.parametrize("name", MUTANTS)
def test_a_fault_in_the_script_is_caught(name: str, server: RunningServer) -> None:
    before, after = MUTANTS[name]
    assert source().count(before) == 1, "the mutant no longer fits the script"
    mutant, admin = source().replace(before, after), server.admin()
    with pytest.raises((Broken, redis.ResponseError)):
        run_histories(admin, mutant)


def run_histories(server: redis.Redis, mutant: str, **more: bool) -> None:
    for seed in (*RARE, *range(HISTORIES)):
        run_history(server, mutant, Random(seed), **more)
        if not more:
            run_history(server, mutant, Random(seed), losses=True)


@pytest.mark.parametrize("engine", ["valkey"], indirect=True)  # what is tried here is the histories
@pytest.mark.parametrize(
    "name",
    [
        "sums G + 1 buckets, not G + 2",
        "gives back into the current bucket",
        "books what is given back twice",
        "forgets what counts when a clock is corrected",
        "leases for two whole buckets",
        "does not count what is booked further",
        "lets tokens live longer than they count",
        "books in the current bucket what lives longer",
    ],
)
def test_the_worst_faults_are_seen_in_the_windows_alone(name: str, server: RunningServer) -> None:
    """Without the model: what matters is that no window sees more than its limit."""
    mutant, admin = source().replace(*MUTANTS[name]), server.admin()
    with pytest.raises(Broken, match="tokens of"):
        run_histories(admin, mutant, compare=False)
