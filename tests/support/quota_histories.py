"""Random histories of ``gcra.lua`` and ``quota.lua``, each with its model, for the scripts and for mutants of them.

A history ends with ``Broken`` where the script and its model disagree, or where too much was granted. Times are
milliseconds; levels and windows are long, so that no key of a test expires by the server's own clock.
"""

from __future__ import annotations

from random import Random
from typing import Any

import redis

from tests.support.limit_histories import KEYS, START, Broken
from tests.support.limit_models import LevelModel, QuotaModel
from weir.store.limits import Count, Level, Usage, Wish, gcra_call, level_of, quota_call, usage_of
from weir.store.script_calls import ScriptCall

DAY = 86_400_000
PER_MS = 36_000_000
MOST = 50


def _run(server: redis.Redis, source: str, call: ScriptCall) -> Any:
    return server.execute_command("EVAL", source, *call.command)


def run_smooth(server: redis.Redis, source: str, random: Random) -> None:
    """Clocks that are set back, bursts, costs. Raises ``Broken``."""
    most, burst = random.choice((1, 3, 7, 1000)), random.randrange(1, 13)
    tag, model = f"t{random.randrange(10**12)}", LevelModel(PER_MS, most, burst)
    server.delete(KEYS.limit_level(tag, PER_MS))
    now, behind = START, 0
    granted: list[int] = []
    for _ in range(30):
        now += random.choice((0, 1, PER_MS // most - 1, PER_MS // most, 3 * PER_MS // most))
        behind += random.choice((0, 0, 0, 0, 1, PER_MS // most, 2 * PER_MS))
        least = random.choice((1, 1, burst))
        wish = Wish(random.choice((least, least + 1)), least)
        call = gcra_call(KEYS, tag, PER_MS, most, burst, wish, at=now - behind)
        level, expected = level_of(_run(server, source, call)), model.call(wish, now - behind)
        _same(level, expected)
        granted += [now] * level.granted
        _lives(server, KEYS.limit_level(tag, PER_MS), PER_MS * model.filled / most, 0, bool(level.granted))
    for place, start in enumerate(granted):
        for count, end in enumerate(granted[place:], 1):
            if count > burst + (end - start) * most / PER_MS + 1e-3:
                raise Broken(f"{count} tokens within {end - start} ms")


def _same(level: Level, expected: Level) -> None:
    """But for the rounding of times."""
    near = all(abs(ms - due) <= 1 for ms, due in zip(level[2:], expected[2:], strict=True))
    if level[:2] != expected[:2] or not near:
        raise Broken(f"{level}, the model says {expected}")


def _lives(server: redis.Redis, key: str, ms: float, more: int, written: bool) -> None:
    """A key that was just written lives as long as it says something, and ``more``."""
    left: Any = server.pttl(key) if written else 0
    if written and not ms + more - 20_000 < left <= ms + more + 1:
        raise Broken(f"{key} lives for {left} ms, not {ms + more}")


class _Nodes:
    """Three nodes that take, give back, forget and say again."""

    def __init__(self, server: redis.Redis, source: str, random: Random) -> None:
        self.server, self.source, self.random = server, source, random
        self.window_ms = random.choice((0, DAY, 10_000_000))
        self.tag, self.model = f"t{random.randrange(10**12)}", QuotaModel(self.window_ms)
        self.key = KEYS.limit_quota(self.tag, self.window_ms)
        self.heard: dict[str, Usage | None] = dict.fromkeys("abc")

    def step(self, now: int) -> None:
        random, node = self.random, self.random.choice("abc")
        wish = Wish(random.choice((0, 1, 5, 60)), random.choice((1, 1, 5)), random.choice((1, 3)))
        wish = wish._replace(least=min(wish.least, max(1, wish.want)))
        last, life = self.heard[node], random.choice((1, 1, 1, 2))
        window, counts = last.window if last else 0, self._says(last)
        known = sum(count.granted for count in last.counts) if last and random.random() < 0.5 else 0
        call = quota_call(
            KEYS, self.tag, self.window_ms, MOST, wish,
            node=node, life=life, window=window, known=counts, heard=known, at=now,
        )  # fmt: skip
        before = self.model.now
        usage = usage_of(_run(self.server, self.source, call))
        usage = usage._replace(counts=(*sorted(usage.counts[:-1]), usage.counts[-1]))
        expected = self.model.call(MOST, wish, node, life, window, counts, now, known)
        if usage != expected:
            raise Broken(f"at {now}: {usage}, the model says {expected}")
        written = bool(usage.granted) or 0 < self.model.now < before
        _lives(self.server, self.key, usage.ttl_ms, 60_000, written)
        if random.random() < 0.9:
            self.heard[node] = usage

    def _says(self, last: Usage | None) -> tuple[Count, ...]:
        """Everything, its own alone, or nothing; some of its own has come back."""
        if last is None or self.random.random() < 0.2:
            return ()
        own = last.counts[-1]
        own = own._replace(returned=min(own.granted, own.returned + 2))
        return (*last.counts[:-1], own) if self.random.random() < 0.5 else (own,)

    def lose(self) -> None:
        self.server.delete(self.key)
        self.model.lose()


def run_quota(server: redis.Redis, source: str, random: Random) -> None:
    """Windows that end, data that is lost, clocks that were wrong. Raises ``Broken``."""
    nodes, now = _Nodes(server, source, random), START
    nodes.lose()
    for _ in range(40):
        now += random.choice((0, 1, 3_000_000, 40_000_000, 20 * DAY))
        wrong = random.choice((0, 0, 0, 0, -5_000_000, 5_000_000, 2 * DAY, 70 * DAY))
        nodes.step(now + wrong)
        if random.random() < 0.05:
            nodes.lose()
