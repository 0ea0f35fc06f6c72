"""What a worker counts: plain integers in dicts, handed to the node agent as differences once a second.

What happens to every request is only put aside on its path; ``fold`` counts many at once, in C where that is possible.
Labels are names of rules and upstreams, statuses and words of fixed lists; nothing a client can make up. Families,
labels and bucket bounds are those of the agent's table (``edge/telemetry/families.py``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from operator import itemgetter
from typing import Any

from edge.access_log.attempt import Served
from edge.auth.used import UsedCredentials
from edge.link.credential_words import USED
from edge.telemetry.frames import frames_of
from edge.telemetry.histogram import Histogram
from edge.telemetry.usage_counts import TOPIC, Answered, Called, UsageCounts

MAX_WAITING = 250
"""Requests that wait for being counted; to count so many takes a fifth of a millisecond, which the next ones wait."""
MAX_PHASED = 32
"""Requests of one ``fold`` whose phases are looked at; of more, some spread evenly over them."""

ACCEPTED = "accepted"
REFUSED = frozenset({"credential-invalid", "credential-expired", "insufficient-scope", "forbidden"})
"""Codes of requests whose caller is known and was not let in."""

Gauge = Callable[[], float]
Gauges = Callable[[], Iterable[list[Any]]]


class Telemetry:
    """Counts since the last ``take``."""

    def __init__(self) -> None:
        self.answered: list[Answered] = []
        """Not yet counted."""
        self.served: list[Served] = []
        """The same of attempts that brought an answer; at most one for each of ``answered`` and of those in flight."""
        self.called: list[Called] = []
        """Of those that are in ``answered``, the ones whose caller is known."""
        self.used = UsedCredentials()
        self.requests: Counter[tuple[str, int]] = Counter()
        """By rule and status."""
        self.attempts: Counter[tuple[str, int | str]] = Counter()
        """By upstream and outcome: a status, or the stage that failed."""
        self.malformed: dict[int, int] = {}
        """By status; of requests that never met a rule."""
        self.connections: dict[str, int] = {}
        """Turned away before their first request, by reason."""
        self.broken: dict[str, int] = {}
        """Answers that broke off, by upstream."""
        self.mirrors: dict[tuple[str, str], int] = {}
        self.compressions: dict[tuple[str], int] = {}
        """Copies of requests, by upstream and what became of them."""
        self.concurrency: dict[tuple[str, str], int] = {}
        """Requests that did not go on at once, by upstream and outcome."""
        self.retries: dict[tuple[str, str], int] = {}
        """Attempts that might have been repeated, by upstream and outcome."""
        self.limits: dict[tuple[str, str], int] = {}
        """Requests that were counted against a limit, by limit and outcome."""
        self.auth: dict[tuple[str, str], int] = {}
        """Requests of rules that require a credential, by method and result."""
        self.request_seconds = Histogram()
        self.upstream_seconds: defaultdict[str, Histogram] = defaultdict(Histogram)
        """By upstream."""
        self.phase_seconds: defaultdict[str, Histogram] = defaultdict(Histogram)
        """By one of ``PHASES``."""
        self.usage = UsageCounts()
        """By rule and by target, for people."""
        self.accepted = 0
        """Connections of clients."""
        self.spans: dict[str, int] = {}
        """Requests whose spans were recorded, by what became of these."""
        self.lookups: dict[str, int] = {}
        """Of names of targets, by outcome."""
        self.log_dropped = 0
        self.ejections: dict[tuple[str, str, str], int] = {}
        """Of targets, by upstream, URL and reason."""
        self.in_flight = 0
        self._gauges: list[tuple[str, Gauge]] = [("weir_requests_in_flight", lambda: self.in_flight)]
        self._labelled: list[Gauges] = []

    def gauge(self, family: str, read: Gauge) -> None:
        """A value of the present, read at every ``take``."""
        self._gauges.append((family, read))

    def gauges(self, read: Gauges) -> None:
        """Values of the present with labels: [family, labels, value], read at every ``take``."""
        self._labelled.append(read)

    def request(self, rule: str, status: int, started: float, ended: float) -> None:
        """One answered request that no rule matched, as far as ``usage`` knows; times are monotonic seconds."""
        self.answer((rule, status, started, ended, None, "", 0, 0))

    def answer(self, answered: Answered) -> None:
        """One answered request."""
        self.answered.append(answered)
        if len(self.answered) >= MAX_WAITING:
            self.fold()

    def fold(self) -> None:
        """Counts what waits."""
        answered, self.answered = self.answered, []
        self.requests.update(map(_RULE_AND_STATUS, answered))
        self.request_seconds.sum += self.usage.fold(answered, self.request_seconds.counts)
        served, self.served = self.served, []
        self.attempts.update(map(_UPSTREAM_AND_STATUS, served))
        seconds: defaultdict[str, list[float]] = defaultdict(list)
        for upstream, _, started, head, _, _ in served:
            seconds[upstream].append(head - started)
        for upstream, values in seconds.items():
            self.upstream_seconds[upstream].observe_all(values)
        called, self.called = self.called, []
        if called:
            self._fold_called(called)
        self._fold_phases(answered[:: 1 + len(answered) // MAX_PHASED])

    def _fold_called(self, called: list[Called]) -> None:
        accepted = Counter([each[0][0] for each in called if each[2] not in REFUSED])
        for method, count in accepted.items():
            key = (method, ACCEPTED)
            self.auth[key] = self.auth.get(key, 0) + count
        self.usage.fold_called(called)
        self.used.note({each[0].verifier: each[4] for each in called})

    def _fold_phases(self, answered: list[Answered]) -> None:
        """From the moments that are known anyway."""
        known = [(each[2], each[3], each[4]) for each in answered if each[4] is not None]
        phases = self.phase_seconds
        phases["before"].observe_all([served[2] - begin for begin, _, served in known])
        phases["upstream"].observe_all([served[3] - served[2] for _, _, served in known])
        phases["answer"].observe_all([end - served[3] for _, end, served in known])

    def phase(self, phase: str, seconds: float) -> None:
        """``limit`` or ``connect``, which not every request has."""
        self.phase_seconds[phase].observe(seconds)

    def refused(self, status: int) -> None:
        """One request that never met a rule."""
        self.malformed[status] = self.malformed.get(status, 0) + 1

    def connection_refused(self, reason: str) -> None:
        """One connection that was closed before its first request: ``proxy-protocol`` or ``per-address``."""
        self.connections[reason] = self.connections.get(reason, 0) + 1

    def looked_up(self, outcome: str) -> None:
        """One look-up of a name."""
        self.lookups[outcome] = self.lookups.get(outcome, 0) + 1

    def attempt_failed(self, upstream: str, stage: str, seconds: float) -> None:
        """One attempt that brought no answer, until its failure; those that did are in ``served``."""
        self.attempts[upstream, stage] += 1
        self.upstream_seconds[upstream].observe(seconds)

    def broken_off(self, upstream: str) -> None:
        """One answer that failed after its head, which was counted as an attempt that brought one."""
        self.broken[upstream] = self.broken.get(upstream, 0) + 1

    def retry(self, upstream: str, outcome: str) -> None:
        """One attempt after which another one was asked for, granted or not."""
        key = (upstream, outcome)
        self.retries[key] = self.retries.get(key, 0) + 1

    def target_out(self, upstream: str, url: str, reason: str) -> None:
        """One target that gets no requests for a while."""
        key = (upstream, url, reason)
        self.ejections[key] = self.ejections.get(key, 0) + 1

    def held_up(self, upstream: str, outcome: str) -> None:
        """One request that found as many in flight as may be."""
        key = (upstream, outcome)
        self.concurrency[key] = self.concurrency.get(key, 0) + 1

    def limited(self, limit: str, outcome: str) -> None:
        """One request that a rule counts."""
        key = (limit, outcome)
        self.limits[key] = self.limits.get(key, 0) + 1

    def authenticated(self, method: str, result: str) -> None:
        """One request of a rule that requires a credential; ``method`` is ``none`` where none was shown."""
        key = (method, result)
        self.auth[key] = self.auth.get(key, 0) + 1

    def spanned(self, outcome: str, requests: int) -> None:
        """Requests whose spans were ``exported``, ``failed`` to be, or were ``dropped``."""
        self.spans[outcome] = self.spans.get(outcome, 0) + requests

    def mirror(self, upstream: str, outcome: str) -> None:
        """One copy of a request that was asked for, sent or not."""
        key = (upstream, outcome)
        self.mirrors[key] = self.mirrors.get(key, 0) + 1

    def compressed(self, coding: bytes) -> None:
        """One answer that goes out in this coding."""
        key = (coding.decode("ascii"),)
        self.compressions[key] = self.compressions.get(key, 0) + 1

    def take(self) -> Iterator[dict[str, Any]]:
        """The frames to send, each made when it is asked for; counting starts anew at once."""
        self.fold()
        counters, histograms = _counters(self._tables()), _histograms(self._labelled_histograms())
        gauges = [[family, [], float(read())] for family, read in self._gauges]
        gauges += [gauge for labelled in self._labelled for gauge in labelled()]
        self._begin_anew()
        lists = {"counters": counters, "histograms": histograms, "gauges": gauges}
        told = ({"kind": "asks", "items": [[0, TOPIC, entries]]} for entries in self.usage.take())
        used = ({"kind": "asks", "items": [[0, USED, names]]} for names in self.used.take())
        return chain(frames_of(lists), told, used)

    def _begin_anew(self) -> None:
        self.requests, self.attempts = Counter(), Counter()
        self.malformed, self.broken, self.log_dropped = {}, {}, 0
        self.compressions = {}
        self.connections, self.mirrors, self.lookups, self.retries = {}, {}, {}, {}
        self.concurrency, self.limits, self.auth = {}, {}, {}
        self.request_seconds, self.accepted, self.spans = Histogram(), 0, {}
        self.upstream_seconds, self.phase_seconds = defaultdict(Histogram), defaultdict(Histogram)
        self.ejections = {}

    def _labelled_histograms(self) -> list[tuple[str, list[str], Histogram]]:
        found: list[tuple[str, list[str], Histogram]] = [("weir_request_seconds", [], self.request_seconds)]
        found += [("weir_upstream_seconds", [name], each) for name, each in self.upstream_seconds.items()]
        found += [("weir_phase_seconds", [name], each) for name, each in self.phase_seconds.items()]
        return found

    def _tables(self) -> tuple[tuple[str, Mapping[Any, int]], ...]:
        return (
            ("weir_requests_total", self.requests),
            ("weir_attempts_total", self.attempts),
            ("weir_answers_broken_total", self.broken),
            ("weir_retries_total", self.retries),
            ("weir_target_ejections_total", self.ejections),
            ("weir_concurrency_total", self.concurrency),
            ("weir_mirrored_total", self.mirrors),
            ("weir_compressed_total", self.compressions),
            ("weir_limit_total", self.limits),
            ("weir_auth_total", self.auth),
            ("weir_malformed_total", self.malformed),
            ("weir_connections_refused_total", self.connections),
            ("weir_dns_lookups_total", self.lookups),
            ("weir_traced_total", self.spans),
            ("weir_connections_total", {(): self.accepted}),
            ("weir_access_log_dropped_total", {(): self.log_dropped}),
        )


def _histograms(labelled: Iterable[tuple[str, list[str], Histogram]]) -> Iterator[list[Any]]:
    for family, labels, histogram in labelled:
        if any(histogram.counts):
            yield [family, labels, histogram.counts, histogram.sum]


def _counters(tables: Iterable[tuple[str, Mapping[Any, int]]]) -> Iterator[list[Any]]:
    for family, counts in tables:
        for key, count in counts.items():
            if count:
                labels = key if isinstance(key, tuple) else (key,)
                yield [family, [str(label) for label in labels], count]


_RULE_AND_STATUS = itemgetter(0, 1)
_UPSTREAM_AND_STATUS = itemgetter(0, 1)
