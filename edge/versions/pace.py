"""Long work in a worker, in slices: others get the event loop back every few milliseconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TypeVar

import gevent

SLICE_S = 0.002
"""Work between two pauses, at least."""
REST_S = 0.001
"""Least length of a pause."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class Pace:
    """Call ``pause`` after every small step; it returns at once until the slice is over."""

    def __init__(
        self,
        rest: Callable[[float], None] = gevent.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rest = rest
        self._clock = clock
        self._began = clock()

    def pause(self) -> None:
        if self._clock() - self._began >= SLICE_S:
            self._rest(REST_S)
            self._began = self._clock()

    def over(self, items: Iterable[Item], each: int = 32) -> Iterator[Item]:
        """``items``, with a pause after every ``each`` of them; also for code that knows nothing of pauses."""
        for count, item in enumerate(items, 1):
            yield item
            if count % each == 0:
                self.pause()

    def through(self, steps: Generator[None, None, Result]) -> Result:
        """What the steps return in the end."""
        while True:
            try:
                next(steps)
            except StopIteration as done:
                result: Result = done.value
                return result
            self.pause()
