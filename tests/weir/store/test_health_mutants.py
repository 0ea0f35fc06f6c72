"""The scripts of health do what their model does, in random histories; a script with one fault is caught by them."""

from __future__ import annotations

from random import Random

import pytest
import redis

from tests.support.health_histories import Broken, run_history
from tests.support.servers import RunningServer
from weir.store.scripts import script

HISTORIES = 50
MOST = 600
"""Histories in which a fault must show."""
MUTANTS = {
    "believes a second node that has good answers only": (
        "health",
        "if its_bad > 0 then reporters",
        "if its_good + its_bad > 0 then reporters",
    ),
    "believes one of two nodes": ("health", "is_only or reporters > 1", "is_only or reporters > 0"),
    "takes a node that nobody knows for the only one": (
        "health",
        "#names == 1 and names[1] == node",
        "#names <= 1",
    ),
    "ejects for longer than the longest": ("health", "300000, 660000", "3000000, 660000"),
    "takes a dead node for a living one": ("health", "20, 30000, 1000", "20, 300000, 1000"),
    "ejects more than a tenth": ("health", "math.floor(targets *", "math.ceil(targets *"),
    "ejects nobody of few": ("health", "math.max(1, math.floor(t", "math.max(0, math.floor(t"),
    "ejects an only target": ("health", "tonumber(targets) > 1", "tonumber(targets) > 0"),
    "does not count who it ejects": (
        "health",
        "(out_of[upstream] or 0) + 1, member",
        "out_of[upstream], member",
    ),
    "counts who was out": ("health", "if state[1] > now and not", "if state[1] and not"),
    "counts who is gone": ("health", " and not left[stored[i]]", ""),
    "counts nobody where one is gone": ("health", "and not left[stored[i]]", "and not next(left)"),
    "takes back a step too many": ("health", "math.floor((now - before[1])", "math.ceil((now - before[1])"),
    "takes no step back": ("health", "before[2] - math.floor((now - before[1]) / for_ms)", "before[2]"),
    "keeps evidence after an ejection": (
        "health",
        "      for _, name in ipairs(names) do redis.call('HDEL', evidence, member .. '\\n' .. name) end\n",
        "",
    ),
    "ejects who is out": ("health", "and not (before and before[1] > now)", ""),
    "believes nineteen": ("health", "LOOKS, LONGEST_MS, TTL_MS = 10, 20", "LOOKS, LONGEST_MS, TTL_MS = 10, 19"),
    "does not believe twenty": ("health", "LOOKS, LONGEST_MS, TTL_MS = 10, 20", "LOOKS, LONGEST_MS, TTL_MS = 10, 21"),
    "forgets after nine seconds": ("health", "LOOKS, LONGEST_MS, TTL_MS = 10,", "LONGEST_MS, TTL_MS = 9,"),
    "forgets after eleven seconds": ("health", "LOOKS, LONGEST_MS, TTL_MS = 10,", "LONGEST_MS, TTL_MS = 11,"),
    "takes one row for two": ("health", "rows > 1", "rows > 0"),
    "takes one row of the only node for two": ("health", "bad >= 2 * after", "bad >= after"),
    "takes rows beside good answers for proof": ("health", "if good == 0 and", "if"),
    "needs more than half": ("health", "LEAST and (bad >= good", "LEAST and (bad > good"),
    "counts a row through a good answer": ("health", "one[2] > 0 and one[4] or", "one[2] > 0 and one[3] or"),
    "counts a row that another contradicts": ("health", "math.min(row, its_row)", "its_row"),
    "lets a node without an answer end a row": ("health", "if its_good > 0 then row", "if its_bad >= 0 then row"),
    "evidence stays in the future": ("health", "    one[1] = math.min(one[1], second)\n", ""),
    "good answers make a suspect": ("health", "if bad ~= '0' then redis", "if true then redis"),
    "asks all nodes though this one says nothing against it": (
        "health",
        "(bad >= good or row >= tonumber(after)) and looked",
        "looked",
    ),
    "does not ask all nodes about a row": ("health", "(bad >= good or row >= tonumber(after))", "bad >= good"),
    "asks dead nodes": ("health", "'ZRANGEBYSCORE', nodes, now - LIVE_MS", "'ZRANGEBYSCORE', nodes, '-inf'"),
    "keeps what good answers of nobody's suspect": ("health", "or (bad ~= '0' and", "or (bad and"),
    "suspects stay in the future": ("health_view", "{suspects, checked, nodes}", "{checked, nodes}"),
    "results stay in the future": ("health_view", "{suspects, checked, nodes}", "{suspects, nodes}"),
    "nodes stay in the future": ("health_view", "{suspects, checked, nodes}", "{suspects, checked}"),
    "moves all from the future to now": ("health_view", "late[i + 1] - ahead", "now"),
    "waits for results of the future": ("health_view", "if tonumber(since) > now then since = 0 end", ""),
    "suspects for longer": ("health_view", "= 10000, 300000", "= 10001, 300000"),
    "keeps evidence of who is no suspect": ("health_view", "forget(past, names)\n", ""),
    "keeps evidence of nodes that are gone": (
        "health_view",
        "forget(#gone > 0 and redis.call('ZRANGE', suspects, 0, -1) or {}, gone)\n",
        "",
    ),
    "keeps who is no suspect": ("health_view", "if #past > 0 then", "if false then"),
    "keeps ejections of long ago": ("health_view", "    redis.call('HDEL', ejected, stored[i])\n", ""),
    "forgets ejections": ("health_view", "left < -REMEMBER_MS", "left <= 0"),
    "an ejection is as long as the clock was set back": (
        "health_view",
        "math.min(until_ms - now, length)",
        "until_ms - now",
    ),
    "an ejection comes back with the clock": ("health_view", " or (left <= 0 and length > 0)", ""),
    "who looks is no node": ("health_view", "redis.call('ZADD', nodes, now, node)\n", ""),
    "dead nodes stay": ("health_view", "if #gone > 0 then redis.call('ZREM', nodes, unpack(gone)) end\n", ""),
    "shows an ejection as long as the clock was set back": (
        "health_look",
        "math.min(until_ms - now, length)",
        "until_ms - now",
    ),
    "shows who was out": ("health_look", "if left > 0", "if left >= 0"),
    "lends to whoever asks": ("health_lease", "if holder and holder ~= node then", "if false then"),
    "does not renew a lease": (
        "health_lease",
        "redis.call('SET', lease, node, 'PX', for_ms)",
        "redis.call('SET', lease, node, 'NX', 'PX', for_ms)",
    ),
    "lets a lease live for ever": ("health_lease", "if left > for_ms then", "if false then"),
    "does not say what was found last": ("health_lease", "at and redis.call('HGET', results, check) or ''", "''"),
    "says that it was found now": ("health_lease", "at and math.max(0, now - at) or 0", "0"),
    "says that it was found in the future": ("health_lease", "math.max(0, now - at)", "now - at"),
    "takes results of whoever writes": ("health_result", "if holder and holder ~= node then return 0 end", ""),
    "a result does not renew the lease": ("health_result", "redis.call('SET', lease, node, 'PX', for_ms)\n", ""),
    "keeps when old results were": ("health_result", "  redis.call('ZREM', checked, old)\n", ""),
    "keeps old results": ("health_result", "  redis.call('HDEL', results, old)\n", ""),
    "keeps one check more": ("health_result", ">= tonumber(most)", "> tonumber(most)"),
    "takes no new result when there are many": (
        "health_result",
        "not redis.call('ZSCORE', checked, check) and ",
        "",
    ),
}  # fmt: skip


def test_scripts_and_models_agree(server: RunningServer) -> None:
    admin = server.admin()
    for seed in range(HISTORIES):
        run_history(admin, Random(seed))


@pytest.mark.parametrize("engine", ["valkey"], indirect=True)  # what is tried here is the histories
@pytest.mark.parametrize("name", MUTANTS)
def test_a_fault_in_a_script_is_caught(name: str, server: RunningServer) -> None:
    called, before, after = MUTANTS[name]
    source, admin = script(called).source, server.admin()
    assert source.count(before) == 1, "the mutant no longer fits the script"
    sources = {called: source.replace(before, after)}
    with pytest.raises((Broken, redis.ResponseError)):
        run_histories(admin, sources)


def run_histories(server: redis.Redis, sources: dict[str, str]) -> None:
    for seed in range(MOST):
        run_history(server, Random(seed), sources)
