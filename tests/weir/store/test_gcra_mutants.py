"""A test of the tests: a gcra.lua with one fault must be caught, by its model or by how long its key lives."""

from __future__ import annotations

from random import Random

import pytest
import redis

from tests.support.limit_histories import Broken
from tests.support.quota_histories import run_smooth
from tests.support.servers import RunningServer
from weir.store.scripts import script

HISTORIES = 100
MUTANTS = {
    "never follows a clock that had run ahead": ("if since - now > per_ms * 1000 then since = now end", ""),
    "follows a clock that was set back": ("if since - now > per_ms * 1000 then", "if since > now then"),
    "lets the clock run backwards": ("filled, math.max(now, since))", "filled, now)"),
    "fills while the clock stands still": ("math.max(0, now - since) * pace", "(now - since) * pace"),
    "lives half as long": ("math.ceil(filled / pace / 1000)\n", "math.ceil(filled / pace / 2000)\n"),
    "lives as long as it takes for what was left": (
        "local keep = math.ceil(filled / pace / 1000)",
        "local keep = math.max(1, math.ceil((filled - granted) / pace / 1000))",
    ),
    "lets less than nothing drain": ("filled = math.max(0, filled -", "filled = math.max(-0.9, filled -"),
    "drains too fast": ("most / (per_ms * 1000)", "most / (per_ms * 999)"),
    "refuses what is due by a hair": (" + 1e-6), 0, 0", "), 0, 0"),
    "grants one too many": ("math.floor(full - filled + 1e-6)", "math.floor(full - filled + 1)"),
    "grants more than is left": ("granted = math.min(tonumber(want), left)", "granted = tonumber(want)"),
    "grants less than is of use": ("if left >= need then", "if left >= 1 then"),
    "does not book the grant": ("filled, math.max(now, since))", "filled - granted, math.max(now, since))"),
    "waits for one only": ("(filled + need - full)", "(filled + 1 - full)"),
    "says that what was granted is back at once": (
        "math.ceil(filled / pace / 1000 - 1e-6)}",
        "math.ceil((filled - granted) / pace / 1000 - 1e-6)}",
    ),
    "starts empty": ("tonumber(stored or 0)", "tonumber(stored or 1)"),
}


@pytest.mark.parametrize("engine", ["valkey"], indirect=True)  # what is tried here is the histories
@pytest.mark.parametrize("name", MUTANTS)
def test_a_fault_in_the_script_of_a_smooth_limit_is_caught(name: str, server: RunningServer) -> None:
    before, after = MUTANTS[name]
    source = script("gcra").source
    assert source.count(before) == 1, "the mutant no longer fits the script"
    mutant, admin = source.replace(before, after), server.admin()
    with pytest.raises(Broken):
        run_histories(admin, mutant)


def test_the_script_of_a_smooth_limit_itself_has_none_of_them(server: RunningServer) -> None:
    run_histories(server.admin(), script("gcra").source)


def run_histories(server: redis.Redis, source: str) -> None:
    for seed in range(HISTORIES):
        run_smooth(server, source, Random(seed))
