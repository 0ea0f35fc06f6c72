"""The health of all upstreams of one worker, to the node agent and from it.

The worker tells every second: which targets failed lately and how many requests went well there (evidence), which
are out here, and, when a version changes that, what is to be checked. It hears: whom the whole cluster ejects, and
whose checks fail. Both ways the present is told whole; a word that is lost is made good by the next one.

What is healthy costs nothing here: only upstreams with a failure in the last ten seconds, or that the agent names, are
reported.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol

import gevent
import msgspec

from edge.upstream.balance.turn import Turn
from edge.upstream.health import Health, Known, Standing
from edge.upstream.health_policy import policy_of, watches
from weir.models.document import Owner
from weir.models.effective import Pool

PoolId = tuple[Owner, str]

TICK_S = 0.25
"""How late the end of an ejection is noticed at worst, and one step of slow start."""
REPORT_S = 1.0
SUSPECT_S = 10.0
"""After its last failure an upstream is reported for so long."""
MAX_REPORTED = 500
"""Targets in one report."""
MAX_CHECKS = 5_000
"""Targets with checks that are told of; further ones are not checked."""
CHECKS_AT_ONCE = 200
DEFAULT_TIMEOUT_MS = 1_000
"""Of one check, if its interval is not shorter."""
TOPIC = "health"

log = logging.getLogger("weir.health")

Counter = Callable[[str, str, str], None]


class HealthBoard:
    """Of one worker."""

    def __init__(
        self,
        count: Counter = lambda _upstream, _url, _reason: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``count`` gets (upstream, URL, reason) of every target that goes out."""
        self._count = count
        self._clock = clock
        self._healths: dict[PoolId, Health[Any]] = {}
        self._checked: Mapping[PoolId, Pool] = {}
        self._published = False
        """Since the checks were put together."""
        self._wanted = b""
        """A hash of the checks that this revision has."""
        self._pending: set[PoolId] = set()
        """Those that time alone will change; whoever has a target out is among them."""
        self._suspects: dict[PoolId, _Suspect] = {}
        self._revision = 0
        self._untold = True
        self._news = News({}, {})
        self._gauged: set[tuple[str, str]] = set()

    def made(
        self, identity: PoolId, pool: Pool, targets: Sequence[Known], turn: Turn[Any]
    ) -> Health[Any] | None:
        """The state of an upstream's targets, for ``take``; None if nothing can ever be out."""
        if not watches(pool):
            return None
        return Health(
            targets,
            turn,
            policy_of(pool),
            wake=partial(self._wake, identity),
            note=partial(self._count, pool.name),
            suspect=partial(self._suspect, identity),
        )

    def take(
        self,
        identity: PoolId,
        health: Health[Any] | None,
        before: Health[Any] | None = None,
        used: Collection[Known] | None = None,
    ) -> None:
        """The upstream is at work, with what is known of its targets.

        ``before``: its health until now, if it had one; ``used``: its targets until now, None if it is new.
        """
        if before is not None:
            before.part()
        if health is None:
            self._healths.pop(identity, None)
            return
        self._healths[identity], now = health, self._clock()
        if before is not None:
            health.inherit(before, now)
        elif used is not None:
            health.join(used, now)
        ejected, failing = self._news.ejected.get(identity, {}), self._news.failing.get(identity, {})
        if before is not None or ejected or failing:
            health.hear(ejected, failing, now)

    def retain(self, live: Container[PoolId], checked: Mapping[PoolId, Pool]) -> None:
        """``live``: the pools of the version in use; ``checked``: those with ``check``."""
        self._checked = checked
        self._published = True
        for known in (self._healths, self._suspects):
            for identity in [identity for identity in known if identity not in live]:
                del known[identity]
        self._pending &= self._healths.keys()

    def tick(self) -> None:
        """Ends ejections whose time is over; raises the weights of who starts slowly."""
        now = self._clock()
        pending = list(self._pending)
        self._pending.clear()
        for identity in pending:
            health = self._healths.get(identity)
            if health is not None:
                health.settle(now)

    def hear(self, body: Any) -> None:
        """News of the agent. Raises ValueError for what is none."""
        news = read_news(body)
        before, self._news, now = self._news, news, self._clock()
        for identity in {*before.ejected, *before.failing, *news.ejected, *news.failing}:
            health = self._healths.get(identity)
            if health is not None:
                health.hear(news.ejected.get(identity, {}), news.failing.get(identity, {}), now)

    def answered(self, reply: Any) -> None:
        """The agent's answer to a report: the revision whose checks it has, and whom it wants to hear of."""
        if not isinstance(reply, Mapping):
            return
        self._untold = reply.get("revision") != self._revision
        for owner, name in reply.get("suspects", ()):
            if (owner, name) in self._healths:
                self._suspect((owner, name))

    def report(self) -> dict[str, Any]:
        """What the agent is told now."""
        now = self._clock()
        out = [
            [*identity, one.item.url, one.why, one.until, health.panic]
            for identity, health in self._waiting()
            for one in health.outs(now)
        ]
        evidence = [one for identity in list(self._suspects) for one in self._evidence(identity, now)]
        gone = [one for identity in self._suspects for one in self._gone(identity, now)]
        return {
            "revision": self._revision,
            "evidence": evidence[:MAX_REPORTED],
            "gone": gone[:MAX_REPORTED],
            "out": out[:MAX_REPORTED],
        }

    def checks(self) -> Iterator[dict[str, Any]]:
        """What is to be checked, in parts, if the agent has not got it. A publish that leaves it as it was is none."""
        if not (self._untold or self._published):
            return
        found = [check for identity, pool in self._checked.items() for check in _checks(identity, pool)]
        found = found[:MAX_CHECKS]
        watched = bool(self._healths)
        if self._published:
            wanted = blake2b(msgspec.msgpack.encode([watched, found]), digest_size=16).digest()
            self._untold = self._untold or wanted != self._wanted
            self._revision += wanted != self._wanted
            self._published, self._wanted = False, wanted
        if not self._untold:
            return
        for at in range(0, max(1, len(found)), CHECKS_AT_ONCE):
            part = found[at : at + CHECKS_AT_ONCE]
            last = at + CHECKS_AT_ONCE >= len(found)
            yield {
                "checks": part,
                "revision": self._revision,
                "first": at == 0,
                "last": last,
                "watched": watched,
            }

    def gauges(self) -> Iterator[list[Any]]:
        """Of every target that is out, and once more of one that came back."""
        out: set[tuple[str, str]] = set()
        for identity, health in self._waiting():
            out.update((identity[1], one.item.url) for one in health.outs(self._clock()))
        for labels in list(self._gauged | out)[:MAX_REPORTED]:
            yield ["weir_target_out", list(labels), float(labels in out)]
        self._gauged = out

    def _waiting(self) -> Iterator[tuple[PoolId, Health[Any]]]:
        for identity in self._pending:
            health = self._healths.get(identity)
            if health is not None:
                yield identity, health

    def _wake(self, identity: PoolId) -> None:
        self._pending.add(identity)

    def _suspect(self, identity: PoolId) -> None:
        """From now on its good answers count as well. What no version watches any more may still have a request
        under way, and that may fail."""
        known, health = self._suspects.get(identity), self._healths.get(identity)
        if known is not None:
            known.since = self._clock()
        elif health is not None and len(self._suspects) < MAX_REPORTED:
            self._suspects[identity] = _Suspect(self._clock(), health)

    def _evidence(self, identity: PoolId, now: float) -> Iterator[list[Any]]:
        health, suspect = self._healths.get(identity), self._suspects[identity]
        if health is None or now - suspect.since > SUSPECT_S:
            del self._suspects[identity]
            return
        policy = health.policy
        if not policy.after:
            return
        said = [len(health.standings), policy.max_percent, policy.after, int(policy.for_s * 1000)]
        for item, standing in health.standings.items():
            good, bad = suspect.more(item.url, standing)
            if good or bad:
                yield [*identity, item.url, *said, good, bad, standing.row]

    def _gone(self, identity: PoolId, now: float) -> Iterator[list[Any]]:
        """Whom the cluster ejects though this version does not have them."""
        ejected = self._news.ejected.get(identity)
        if ejected:
            used = {item.url for item in self._healths[identity].standings}
            yield from ([*identity, url] for url, until in ejected.items() if until > now and url not in used)


class _Suspect:
    """An upstream of which evidence is collected."""

    __slots__ = ("_said", "since")

    def __init__(self, now: float, health: Health[Any]) -> None:
        self.since = now
        self._said = {item.url: (one, one.good, one.bad) for item, one in health.standings.items()}

    def more(self, url: str, standing: Standing) -> tuple[int, int]:
        """Good answers and failures since the last time; a target that was away for a while began from nothing."""
        known, good, bad = self._said.get(url, (standing, standing.good, standing.bad))
        self._said[url] = (standing, standing.good, standing.bad)
        if known is not standing:
            good = bad = 0
        return standing.good - good, standing.bad - bad


def _checks(identity: PoolId, pool: Pool) -> Iterator[list[Any]]:
    check = pool.check
    if check is None:
        return
    timeout_ms = min(check.every_ms, DEFAULT_TIMEOUT_MS) if check.timeout_ms is None else check.timeout_ms
    host = pool.host.name if pool.host is not None and pool.host.mode == "fixed" else ""
    for url in dict.fromkeys(target.url for target in pool.targets):
        yield [*identity, url, check.method, check.path, check.every_ms, timeout_ms, list(check.expect), host]


class News(NamedTuple):
    """Until when (monotonic seconds of this machine) who is out, by upstream and URL."""

    ejected: dict[PoolId, dict[str, float]]
    """For the whole cluster."""
    failing: dict[PoolId, dict[str, float]]
    """Their checks."""


def read_news(body: Any) -> News:
    """Raises ValueError."""
    try:
        news = News({}, {})
        for found, field in ((news.ejected, "ejected"), (news.failing, "failing")):
            for owner, name, url, until in body[field]:
                found.setdefault((owner, name), {})[url] = float(until)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"news of health that are none: {error}") from error
    return news


class Asking(Protocol):
    """What of ``Asks`` is used."""

    def later(self, topic: str, body: Any, done: Callable[[Any | None], None]) -> None: ...

    def tell(self, topic: str, body: Any) -> None: ...

    def on_news(self, topic: str, take: Callable[[Any], None]) -> None: ...


def start(board: HealthBoard, asks: Asking) -> None:
    """From now on ``board`` follows the time, and talks with the agent. Never ends."""
    asks.on_news(TOPIC, board.hear)
    gevent.spawn(_run, board, asks)


def _run(board: HealthBoard, asks: Asking) -> None:
    due = 0.0
    while True:
        gevent.sleep(TICK_S)
        try:
            board.tick()
            if time.monotonic() >= due:
                due = time.monotonic() + REPORT_S
                for part in board.checks():
                    asks.tell(TOPIC, part)
                asks.later(TOPIC, board.report(), board.answered)
        except Exception:
            log.exception("the health of targets was not looked at")
