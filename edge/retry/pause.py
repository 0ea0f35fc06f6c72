"""The wait between two attempts. It ends early if the client closes."""

from __future__ import annotations

from typing import Protocol

from gevent.event import Event


class Interruptible(Protocol):
    """Somebody waits there for an upstream, on a client's behalf."""

    def interrupt(self, error: Exception, /) -> None:
        """The wait ends with ``error``."""


class Pause:
    """``wait`` once. Takes the place of the connection on which an answer would be awaited."""

    __slots__ = ("_error", "_over")

    def __init__(self) -> None:
        self._over = Event()
        self._error: Exception | None = None

    def interrupt(self, error: Exception) -> None:
        """May come before the wait."""
        self._error = error
        self._over.set()

    def end(self) -> None:
        """The wait is over; may come before it, too."""
        self._over.set()

    def wait(self, seconds: float) -> None:
        """Raises what it was interrupted with."""
        if seconds > 0:
            self._over.wait(seconds)
        if self._error is not None:
            raise self._error
