"""The health topic of the agent: hears its workers, talks with the store once a second, and tells the workers news.

Nothing here is needed for a request: without store or agent, workers go by what they see themselves.
"""

from __future__ import annotations

import logging
import random
import ssl
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import gevent

from edge.agent.health.check import MAX_CHECKS, Check, read_checks
from edge.agent.health.evidence import Collected, read_gone
from edge.agent.health.knowledge import Knowledge
from edge.agent.health.metrics import HealthMetrics
from edge.agent.health.probe import Outcome, probe
from edge.agent.health.turns import Pipe, Turns
from edge.link.frames import FrameError
from weir.store.errors import StoreError
from weir.store.health import MAX_CHECKS as MAX_CHECKS_KEPT
from weir.store.health import MAX_ENTRIES, MAX_GONE, MAX_TOLD, Evidence, HealthCalls, Member, read_view

EVERY_S = 1.0
LOOKS = MAX_CHECKS_KEPT // MAX_TOLD
"""At once, while there is more to tell: all that the store keeps."""
PAUSE_S = 3.0
"""Between two looks: this agent stood still, and what its workers said meanwhile waits to be read as if it were new."""
TOLD_PER_S = 2_000
"""Targets that all nodes together tell the store of, so that an outage of many costs it no more than that."""
LEAST_TOLD_PER_S = 20
"""By each node nevertheless."""
BEGUN_AT_ONCE = 200
BEGIN_S = 0.02
"""New checks begin so many at a time, so far apart."""
MAX_OUT = 500
"""Targets that one worker may say to be out."""

log = logging.getLogger("weir.health")

Announce = Callable[[str, Any], None]


class _Worker:
    """What one connection said."""

    def __init__(self) -> None:
        self.revision = 0
        """Of the checks that it told completely."""
        self.watched = False
        self.checks: dict[str, Check] = {}
        self.coming: dict[str, Check] = {}
        self.out: list[list[Any]] = []
        self.gone: frozenset[Member] = frozenset()


class HealthService:
    """A ``Topic``; ``start`` and ``stop`` it once."""

    def __init__(
        self,
        calls: HealthCalls,
        pipe: Pipe,
        announce: Announce,
        metrics: HealthMetrics,
        *,
        probe_with: Callable[[Check], Outcome] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.knowledge = Knowledge(clock, metrics.probed)
        metrics.watch(self.knowledge.healthy)
        self._calls = calls
        self._pipe = pipe
        self._announce = announce
        self._metrics = metrics
        self._probe = probe_with or partial(probe, context=ssl.create_default_context())
        self._clock = clock
        self._workers: dict[int, _Worker] = {}
        self._collected = Collected()
        self._looked_at = self._doubtful_until = clock()
        self._turns: dict[str, tuple[Turns, gevent.Greenlet[..., None]]] = {}
        self._since = 0
        self._nodes = 1
        self._said: dict[str, Any] = {"ejected": [], "failing": []}
        self._greenlet: gevent.Greenlet[..., None] | None = None
        self._beginning: gevent.Greenlet[..., None] | None = None

    def start(self) -> None:
        self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        """Probes no more; the lease runs out."""
        gevent.killall([greenlet for _, greenlet in self._turns.values()])
        if self._beginning is not None:
            self._beginning.kill()
        if self._greenlet is not None:
            self._greenlet.kill()

    def answer(self, connection: int, body: Any) -> Any:
        """A report, or a part of what is to be checked. Raises FrameError for anything else."""
        if not isinstance(body, dict) or type(body.get("revision")) is not int:
            raise FrameError("a message about health that is none")
        worker = self._workers.setdefault(connection, _Worker())
        if "checks" in body:
            self._take_checks(worker, body)
            return None
        self._collected.add(body.get("evidence", ()))
        worker.out = _read_out(body.get("out"))
        worker.gone = read_gone(body.get("gone", []))
        suspects = sorted({member.upstream for member in self.knowledge.suspects})
        return {
            "revision": worker.revision,
            "suspects": [list(upstream.partition("/")[::2]) for upstream in suspects],
        }

    def gone(self, connection: int) -> None:
        """What only this worker asked for is checked no more."""
        if self._workers.pop(connection, None) is not None:
            self._watch()

    def step(self) -> None:
        """Once a second."""
        evidence = self._evidence()
        if any(worker.watched or worker.checks for worker in self._workers.values()):
            self._ask_store(evidence)
        news = self.knowledge.news()
        if news != self._said:
            self._said = news
            self._announce("health", news)

    def state(self) -> dict[str, Any]:
        """For the status listener."""
        holders = {identity: turns.holder for identity, (turns, _) in self._turns.items()}
        return self.knowledge.state([one for worker in self._workers.values() for one in worker.out], holders)

    def _evidence(self) -> list[Evidence]:
        """What the store is told. After a pause nothing until all that had waited is read: it is of no known second."""
        now, evidence = self._clock(), self._collected.take()
        if now - self._looked_at > PAUSE_S:
            self._doubtful_until = now + 1.5 * EVERY_S
        self._looked_at = now
        return evidence if now >= self._doubtful_until else []

    def _ask_store(self, evidence: list[Evidence]) -> None:
        for part in (partial(self._report, evidence), self._look):
            try:
                part()
            except StoreError as error:
                log.debug("the health of targets was not shared: %s", error)

    def _report(self, evidence: list[Evidence]) -> None:
        """A part of it if there is much: another one each time, and other nodes tell other parts. Raises StoreError."""
        told = random.sample(evidence, min(len(evidence), max(LEAST_TOLD_PER_S, TOLD_PER_S // self._nodes)))
        gone = [member for worker in self._workers.values() for member in worker.gone]
        for at in range(0, len(told), MAX_ENTRIES):
            part = told[at : at + MAX_ENTRIES]
            upstreams = {one.member.upstream for one in part}
            theirs = {member for member in gone if member.upstream in upstreams}
            report = self._calls.report(part, gone=list(theirs)[:MAX_GONE])
            self._metrics.ejected(self._pipe.ask(report))

    def _look(self) -> None:
        """Again while there are more results than one look tells. Raises StoreError."""
        for _ in range(LOOKS):
            view = read_view(self._pipe.ask(self._calls.view(self._since)), self._since)
            self.knowledge.take(view)
            self._since, self._nodes = view.since, max(1, view.nodes)
            if not view.more:
                return

    def _take_checks(self, worker: _Worker, body: dict[str, Any]) -> None:
        """Parts come in order; the last one makes them count."""
        if body.get("first"):
            worker.coming = {}
        coming = read_checks(body["checks"])[: MAX_CHECKS - len(worker.coming)]
        worker.coming.update((check.id, check) for check in coming)
        if body.get("last"):
            worker.revision, worker.watched = body["revision"], bool(body.get("watched"))
            worker.checks, worker.coming = worker.coming, {}
            self._watch()

    def _watch(self) -> None:
        """Begins and ends checks, so that each that any worker wants is made once."""
        wanted: dict[str, Check] = {}
        for worker in self._workers.values():
            wanted |= worker.checks
        if wanted.keys() == self.knowledge.checks.keys():
            return
        self.knowledge.watch(list(wanted.values())[:MAX_CHECKS])
        for identity in [identity for identity in self._turns if identity not in self.knowledge.checks]:
            self._turns.pop(identity)[1].kill(block=False)
        self._begin()

    def _begin(self) -> None:
        """Some of the checks that are new, and the others soon: limits are asked of the same agent meanwhile."""
        new = [check for identity, check in self.knowledge.checks.items() if identity not in self._turns]
        for check in new[:BEGUN_AT_ONCE]:
            self._since = 0
            turns = Turns(check, self._calls, self._pipe, self.knowledge, self._probe, clock=self._clock)
            self._turns[check.id] = (turns, gevent.spawn(turns.run))
        if self._beginning is not None:
            self._beginning.kill(block=False)
            self._beginning = None
        if len(new) > BEGUN_AT_ONCE:
            self._beginning = gevent.spawn_later(BEGIN_S, self._begin_more)

    def _begin_more(self) -> None:
        self._beginning = None
        self._begin()

    def _run(self) -> None:
        while True:
            gevent.sleep(EVERY_S)
            try:
                self.step()
            except Exception:
                log.exception("the health of targets was not looked at; the next look is in a second")


def _read_out(items: Any) -> list[list[Any]]:
    """Who a worker keeps out. Raises FrameError."""
    if not isinstance(items, list):
        raise FrameError("targets that are out: no list")
    for item in items[:MAX_OUT]:
        if (
            not isinstance(item, list)
            or len(item) != 6
            or not all(isinstance(text, str) for text in item[:4])
        ):
            raise FrameError("a target that is out, in another shape")
        if not isinstance(item[4], float | int) or not isinstance(item[5], bool):
            raise FrameError("a target that is out, in another shape")
    return items[:MAX_OUT]
