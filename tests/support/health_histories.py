"""Random histories of nodes that report, look and check, of a clock and of a store, for the scripts of health and for
mutants of them.

A history ends with ``Broken`` if a script and its model disagree. Times are milliseconds and given; keys of a test do
not expire by the server's own clock while it runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import redis

from tests.support.health_models import KEEP_MS, LIVE_MS, REMEMBER_MS, HealthModel
from weir.store.health import Evidence, HealthCalls, Member
from weir.store.keys import Keys
from weir.store.script_calls import ScriptCall, script_call
from weir.store.scripts import script

KEYS = Keys("test")
START = 1_764_000_000_000
HOUR = 3_600_000
LEASE_MS = 3_000_000
NODES = ("n1", "n2", "n3")
CHECKS = ("c1", "c2", "c3", "c4", "c5", "c6")
MOST = 4
"""Checks that are kept."""
SCRIPTS = ("health", "health_view", "health_look", "health_lease", "health_result")


class Broken(AssertionError):
    """A script did something else than its model."""


class History:
    """Driven by ``random``; ``sources`` has the scripts that run in place of those of the program."""

    def __init__(self, server: redis.Redis, random: Random, sources: Mapping[str, str]) -> None:
        self.server, self.random = server, random
        self.sources = {name: sources.get(name, script(name).source) for name in SCRIPTS}
        self.model = HealthModel()
        self.now = START + random.randrange(10_000)
        self.since = dict.fromkeys(NODES, 0)
        self.nodes = NODES[: random.choice((1, 2, 2, 3))]
        self.after, self.for_ms = random.choice((1, 3, 5)), random.choice((1000, 30_000, 400_000))
        self.targets, self.percent = random.choice(((1, 10.0), (2, 10.0), (5, 50.0), (20, 10.0), (9, 33.0)))
        self.members = [Member(f"file/{name}", f"http://{port}") for name in "ab" for port in range(3)]

    def run(self, steps: int) -> None:
        moves = [self.wait, self.wait, self.to_edge, self.report, self.report, self.burst, self.look]
        moves += [self.view, self.view, self.second, self.second, self.lease, self.result, self.result]
        moves += [self.set_back, self.lose]
        for _ in range(steps):
            self.random.choice(moves)()

    def wait(self) -> None:
        self.now += self.random.choice((1, 400, 1000, 1000, 5000, 12_000, 31_000, 130_000, 700_000))

    def to_edge(self) -> None:
        """Of an ejection, of evidence, of a node, of a result; and a thousandth of a second beside."""
        ends = [each for one in self.model.ejected.values() for each in (one.until, one.until + REMEMBER_MS)]
        ends += [at + 10_000 for at in self.model.suspects.values()]
        ends += [at + LIVE_MS for at in self.model.nodes.values()]
        ends += [at + KEEP_MS for at in self.model.checked.values()]
        ends += [(self.now // 1000 + 10) * 1000]
        ahead = [end for end in ends if end > self.now]
        if ahead:
            self.now = self.random.choice(ahead) + self.random.choice((-1, 0, 0, 1))

    def set_back(self) -> None:
        if self.random.random() < 0.5:
            self.now -= self.random.choice((1, 900, 4000, 20_000, 200_000, HOUR))

    def lose(self) -> None:
        """All of the store, or that a lease ran out."""
        if self.random.random() < 0.1:
            self.server.flushdb()
            self.model = HealthModel()
        else:
            check = self.random.choice(CHECKS)
            self.server.delete(KEYS.health_lease(check))
            self.model.leases.pop(check, None)

    def report(self) -> None:
        node = self.random.choice(self.nodes)
        members = self.random.sample(self.members, self.random.choice((1, 1, 2, 4)))
        self._report(node, [self._saw(member) for member in members])

    def burst(self) -> None:
        """What one is not enough for: all nodes, a second apart or two, of one target."""
        member = self.random.choice(self.members)
        for node in self.random.sample(self.nodes, len(self.nodes)):
            self._report(node, [self._saw(member)])
            self.now += self.random.choice((0, 300, 1000, 2500))

    def second(self) -> None:
        """As agents do it: each reports, and looks."""
        for node in self.nodes:
            self._report(node, [self._saw(self.random.choice(self.members))])
            self._view(node, self.since[node])
        self.now += self.random.choice((10, 1000))

    def _saw(self, member: Member) -> Evidence:
        good, bad = (
            self.random.choice((0, 0, 0, 1, 3, 20)),
            self.random.choice((0, 1, 2, 3, 5, 6, 10, 19, 20)),
        )
        row = self.random.choice((0, min(bad, 1), bad)) if good else bad
        return Evidence(member, self.targets, self.percent, self.after, self.for_ms, good, bad, row)

    def _report(self, node: str, said: list[Evidence]) -> None:
        gone = self.random.sample(self.members, self.random.choice((0, 0, 0, 1, 3)))
        reply = self._run(HealthCalls(KEYS, node).report(said, str(self.now), gone=gone))
        self._same([text.decode() for text in reply], self.model.report(node, said, self.now, gone))

    def view(self) -> None:
        node = self.random.choice(self.nodes)
        self._view(node, self.random.choice((self.since[node], 0, self.now)))

    def _view(self, node: str, since: int) -> None:
        now, suspects, ejected, results, nodes = self._run(HealthCalls(KEYS, node).view(since, str(self.now)))
        expected = self.model.view(node, since, self.now)
        told = list(zip(results[::3], results[1::3], results[2::3], strict=True))
        self._same((now, nodes), (self.now, len(self.model.nodes)))
        self._same([text.decode() for text in suspects], expected[0])
        self._same(_left(ejected), expected[1])
        self._same([(check.decode(), at, data) for check, at, data in told], expected[2])
        self._same(self.server.hlen(KEYS.health_ejected()), len(self.model.ejected))
        self._same(self.server.hlen(KEYS.health_evidence()), len(self.model.evidence))
        self.since[node] = max([at for _, at, _ in told], default=min(since, now))

    def look(self) -> None:
        call = script_call("health_look", ejected=KEYS.health_ejected(), now_ms=str(self.now))
        self._same(_left(self._run(call)), self.model.look(self.now))

    def lease(self) -> None:
        node, check = self.random.choice(self.nodes), self.random.choice(CHECKS)
        for_ms = self.random.choice((LEASE_MS, LEASE_MS // 2))
        mine, left, holder, *last = self._run(HealthCalls(KEYS, node).lease(check, for_ms, str(self.now)))
        was_mine, name, *expected = self.model.lease(node, check, self.now)
        self._same((mine, holder.decode(), last), (int(was_mine), name, expected if was_mine else []))
        if not for_ms - 60_000 < left <= for_ms and (mine or left > for_ms):
            raise Broken(f"a lease for {for_ms} has {left} left")
        self._lives(check, for_ms if mine else min(for_ms, left))

    def result(self) -> None:
        node, check = self.random.choice(self.nodes), self.random.choice(CHECKS)
        data, for_ms = b"%d" % self.random.randrange(10**9), self.random.choice((LEASE_MS, LEASE_MS // 2))
        taken = self._run(
            script_call(
                "health_result",
                lease=KEYS.health_lease(check),
                checked=KEYS.health_checked(),
                results=KEYS.health_results(),
                node=node,
                for_ms=for_ms,
                check=check,
                result=data,
                keep_ms=KEEP_MS,
                most=MOST,
                now_ms=str(self.now),
            )
        )
        self._same(taken, self.model.result(node, check, data, MOST, self.now))
        self._same(self.server.zcard(KEYS.health_checked()), len(self.model.checked))
        self._same(self.server.hlen(KEYS.health_results()), len(self.model.results))
        if taken:
            self._lives(check, for_ms)

    def _lives(self, check: str, for_ms: int) -> None:
        left = self.server.pttl(KEYS.health_lease(check))
        if not for_ms - 60_000 < left <= for_ms:
            raise Broken(f"a lease for {for_ms} lives for {left}")

    def _run(self, call: ScriptCall) -> Any:
        return self.server.execute_command("EVAL", self.sources[call.script.name], *call.command)

    def _same(self, found: Any, expected: Any) -> None:
        if found != expected:
            raise Broken(f"at {self.now}: {found}, the model says {expected}")


def run_history(server: redis.Redis, random: Random, sources: Mapping[str, str] | None = None) -> None:
    """One history on an empty database. Raises ``Broken``."""
    server.flushdb()
    History(server, random, sources or {}).run(60)


def _left(told: list[Any]) -> dict[str, int]:
    return {text.decode(): left for text, left in zip(told[::2], told[1::2], strict=True)}
