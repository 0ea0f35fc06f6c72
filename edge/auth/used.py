"""Which credentials were used: told to the node agent once a minute, so that nothing is written for a request."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from edge.link.credential_words import MAX_USED

EVERY_S = 60.0
MAX_NAMES = 20_000
"""Of one minute; more are not told of."""


class UsedCredentials:
    """Of one worker."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at: dict[str, float] = {}
        """Name of a verifier → monotonic seconds."""
        self._due = clock() + EVERY_S

    def note(self, used: Mapping[str, float]) -> None:
        """Names of verifiers, each with the moment of its last use (monotonic seconds)."""
        at = self._at
        for name, moment in used.items():
            if name and (name in at or len(at) < MAX_NAMES):
                at[name] = moment

    def hurry(self) -> None:
        """The worker ends: the next ``take`` gives what there is."""
        self._due = 0.0

    def take(self) -> Iterator[dict[str, dict[str, int]]]:
        """What is to be told now: names, and Unix milliseconds of the last use."""
        now = self._clock()
        if now < self._due:
            return
        self._due = now + EVERY_S
        names, self._at = iter(self._at.items()), {}
        wall = time.time() - now
        while part := {name: int((wall + moment) * 1000) for name, moment in islice(names, MAX_USED)}:
            yield {"names": part}
