"""A test of the tests: a quota.lua with one fault must be caught, by its model or by how long its key lives."""

from __future__ import annotations

from random import Random

import pytest
import redis

from tests.support.limit_histories import Broken
from tests.support.quota_histories import run_quota
from tests.support.servers import RunningServer
from weir.store.scripts import script

HISTORIES = 100
MUTANTS = {
    "lets the clock run backwards": ("now = math.max(now, tonumber(state.now or 0))", "now = now"),
    "never follows a clock that had run ahead": ("local astray = (stored or 0) > current + 1", "local astray = false"),
    "follows a clock that was set back": ("(stored or 0) > current + 1", "(stored or 0) > current"),
    "forgets the counts when it follows a clock": (
        "if not astray then\n",
        "if astray then state = {}; redis.call('DEL', usage) end\nif not astray then\n",
    ),
    "does not say that it followed a clock": ("if #set > 4 or astray then", "if #set > 4 then"),
    "keeps the counts of the window before": ("if stored and stored ~= current then", "if false then"),
    "lives a second": ("ends - now + 60000", "1000"),
    "lives half as long": ("ends - now + 60000", "(ends - now) / 2 + 60000"),
    "ends with its window": ("ends - now + 60000", "ends - now"),
    "merges the counts of another window": ("tonumber(window) == current and #ARGV or 0", "#ARGV"),
    "takes the lesser count": ("if tonumber(value) <= tonumber(state[field] or 0)", "if false"),
    "adds what is said again": (
        "state[field], set[#set + 1], set[#set + 2] = value, field, value",
        "value = value + (state[field] or 0); state[field], set[#set + 1], set[#set + 2] = value, field, value",
    ),
    "does not merge what was given back": ("merge('r:' .. ARGV[at], ARGV[at + 2])", ""),
    "does not write what it merged": (
        "state[field], set[#set + 1], set[#set + 2] = value, field, value",
        "state[field] = value; if string.sub(field, 1, 1) == 'l' then set[#set + 1], set[#set + 2] = field, value end",
    ),
    "does not count what comes back": ("taken + value - back, sum", "taken + value, sum"),
    "lets an earlier life take": ("> tonumber(life) then why = 'fenced'", "> tonumber(life) + 9 then why = 'fenced'"),
    "fences the same life": ("> tonumber(life) then why = 'fenced'", ">= tonumber(life) then why = 'fenced'"),
    "forgets the life": ("merge('l:' .. node, life); ", ""),
    "grants although it has lost counts": ("sum < tonumber(heard) then why = 'lost'", "false then why = 'lost'"),
    "believes what was heard of another window": ("elseif tonumber(window) == current and sum <", "elseif sum <"),
    "grants when too little is left": ("if left >= need then granted", "if left > 0 then granted"),
    "grants more than is left": ("math.max(need, math.floor(left / tonumber(divisor)))", "tonumber(want)"),
    "gives one call all that is left": ("math.floor(left / tonumber(divisor))", "left"),
    "does not book the grant": ("merge('g:' .. node, mine + granted)", "merge('g:' .. node, mine)"),
    "ends a month a day early": ("while month_of(last) == month do", "while month_of(last + 1) == month do"),
    "does not tell of its own grant": ("+ 3] = node, mine + granted", "+ 3] = node, mine"),
    "tells no wait": ("if granted == 0 then wait = ends - now end", ""),
}  # fmt: skip


@pytest.mark.parametrize("engine", ["valkey"], indirect=True)  # what is tried here is the histories
@pytest.mark.parametrize("name", MUTANTS)
def test_a_fault_in_the_script_of_a_quota_is_caught(name: str, server: RunningServer) -> None:
    before, after = MUTANTS[name]
    source = script("quota").source
    assert source.count(before) == 1, "the mutant no longer fits the script"
    mutant, admin = source.replace(before, after), server.admin()
    with pytest.raises(Broken):
        run_histories(admin, mutant)


def test_the_script_of_a_quota_itself_has_none_of_them(server: RunningServer) -> None:
    run_histories(server.admin(), script("quota").source)


def run_histories(server: redis.Redis, source: str) -> None:
    for seed in range(HISTORIES):
        run_quota(server, source, Random(seed))
