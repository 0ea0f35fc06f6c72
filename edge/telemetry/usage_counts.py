"""What a worker counts of every rule and target, in the form of ``weir.models.usage``.

It has what ``telemetry`` puts aside anyway, and counts many requests at once. What is rare is counted as it happens.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeAlias

from edge.access_log.attempt import Attempt, Served
from weir.models.auth.caller import Caller
from weir.models.usage import (
    BOUNDS,
    BYTES_IN,
    BYTES_OUT,
    CONSUMER,
    FIRST_BUCKET,
    LIMITED,
    MAX_NAME,
    MICROSECONDS,
    OWN_ERRORS,
    RETRIES,
    RETRIES_REFUSED,
    RULE,
    TARGET,
    UNANSWERED,
    WIDTH,
    class_of,
)

TOPIC = "usage"
MAX_ENTRIES = 200
"""Of one frame: with names as long as they may be it stays below a frame's bound."""
TOO_MANY, ERROR = 429, 500
RATE_LIMITED = "rate-limited"

Answered: TypeAlias = tuple[str, int, float, float, Served | None, str, int, int]
"""Rule, status, monotonic seconds of start and end, the attempt that gave the answer, ``<owner>/<rule>`` (empty: no
rule matched), bytes of the body that came and of the answer."""
Called: TypeAlias = tuple[Caller, int, str, float, float, bool, int, int]
"""Caller, status, code, monotonic seconds of start and end, whether an upstream answered, bytes as above."""
Member: TypeAlias = tuple[str, str, str]
"""``<owner>/<rule>``, upstream and URL: a rule's upstreams are its owner's."""

_CLASSES = tuple(class_of(status) for status in range(1000))
_ZEROS = (0,) * WIDTH


class UsageCounts:
    """Counts since the last ``take``; seconds stand where microseconds will."""

    def __init__(self) -> None:
        self._rules: dict[str, list[float]] = {}
        self._targets: dict[Member, list[float]] = {}
        self._consumers: dict[str, list[float]] = {}

    def fold(self, answered: Sequence[Answered], seconds: list[int]) -> float:
        """Counts them; adds each to its bucket in ``seconds`` too, and gives the seconds of all."""
        rules, targets, classes, total = self._rules, self._targets, _CLASSES, 0.0
        for _, status, begun, ended, served, rule, taken, sent in answered:
            numbers = rules.get(rule)
            if numbers is None:
                numbers = rules[rule] = list(_ZEROS)
            lasted = ended - begun
            place = bisect_left(BOUNDS, lasted)
            seconds[place] += 1
            total += lasted
            numbers[classes[status]] += 1
            numbers[BYTES_IN] += taken
            numbers[BYTES_OUT] += sent
            numbers[MICROSECONDS] += lasted
            numbers[FIRST_BUCKET + place] += 1
            if served is None:
                if status == TOO_MANY:
                    numbers[LIMITED] += 1
                elif status >= ERROR:
                    numbers[OWN_ERRORS] += 1
                continue
            upstream, status, begun, ended, url, _ = served
            member = (rule, upstream, url)
            counts = targets.get(member)
            if counts is None:
                counts = targets[member] = list(_ZEROS)
            lasted = ended - begun
            counts[classes[status]] += 1
            counts[MICROSECONDS] += lasted
            counts[FIRST_BUCKET + bisect_left(BOUNDS, lasted)] += 1
        return total

    def fold_called(self, called: Iterable[Called]) -> None:
        """Counts them by consumer; requests of nobody's tokens are in no count."""
        consumers, classes = self._consumers, _CLASSES
        for caller, status, code, begun, ended, served, taken, sent in called:
            consumer = caller.consumer
            numbers = consumers.get(consumer)
            if numbers is None:
                if not consumer:
                    continue
                numbers = consumers[consumer] = list(_ZEROS)
            lasted = ended - begun
            numbers[classes[status]] += 1
            if taken:
                numbers[BYTES_IN] += taken
            numbers[BYTES_OUT] += sent
            numbers[MICROSECONDS] += lasted
            numbers[FIRST_BUCKET + bisect_left(BOUNDS, lasted)] += 1
            if not served:
                numbers[LIMITED] += code == RATE_LIMITED
                numbers[OWN_ERRORS] += status >= ERROR

    def attempts(self, rule: str, upstream: str, attempts: Iterable[Attempt]) -> None:
        """Those that are not the one that gave the answer. One whose idle connection was closed says nothing."""
        for one in attempts:
            if one.retry != "replaced":
                counts = self._of(self._targets, (rule, upstream, one.target))
                counts[UNANSWERED if one.error else _CLASSES[one.status]] += 1
                counts[MICROSECONDS] += one.ms / 1000
                counts[FIRST_BUCKET + bisect_left(BOUNDS, one.ms / 1000)] += 1

    def retry(self, rule: str, *, granted: bool) -> None:
        """One attempt after which another one was asked for."""
        self._of(self._rules, rule)[RETRIES if granted else RETRIES_REFUSED] += 1

    def take(self) -> Iterator[list[list[Any]]]:
        """Lists of at most ``MAX_ENTRIES``: name and numbers of each; counting starts anew."""
        entries = self._entries(self._rules, self._targets, self._consumers)
        self._rules, self._targets, self._consumers = {}, {}, {}
        while part := list(islice(entries, MAX_ENTRIES)):
            yield part

    def _entries(
        self,
        rules: dict[str, list[float]],
        targets: dict[Member, list[float]],
        consumers: dict[str, list[float]],
    ) -> Iterator[list[Any]]:
        for rule, numbers in rules.items():
            yield [RULE + rule[:MAX_NAME], _whole(numbers)]
        for consumer, numbers in consumers.items():
            yield [CONSUMER + consumer[:MAX_NAME], _whole(numbers)]
        for (rule, upstream, url), numbers in _by_owner(targets).items():
            yield [TARGET + f"{rule}/{upstream} {url}"[:MAX_NAME], _whole(numbers)]

    def _of(self, table: dict[Any, list[float]], key: Any) -> list[float]:
        found = table.get(key)
        if found is None:
            found = table[key] = list(_ZEROS)
        return found


def _by_owner(targets: dict[Member, list[float]]) -> dict[Member, list[float]]:
    """What several rules of an owner sent to one target, together; the owner stands for the rule."""
    found: dict[Member, list[float]] = {}
    for (rule, upstream, url), numbers in targets.items():
        member = (rule.partition("/")[0], upstream, url)
        known = found.get(member)
        found[member] = numbers if known is None else list(map(sum, zip(known, numbers, strict=True)))
    return found


def _whole(numbers: list[float]) -> list[int]:
    whole = list(numbers)
    whole[MICROSECONDS] = round(whole[MICROSECONDS] * 1_000_000)
    return [int(number) for number in whole]
