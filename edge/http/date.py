"""The Date of answers that have none of an upstream's, which passes through (RFC 9110 §6.6.1)."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import formatdate


class Date:
    """Written once a second at most."""

    __slots__ = ("_clock", "_second", "_value")

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._second = -1
        self._value = b""

    def value(self) -> bytes:
        """``Sun, 06 Nov 1994 08:49:37 GMT``."""
        second = int(self._clock())
        if second != self._second:
            self._second = second
            self._value = formatdate(second, usegmt=True).encode()
        return self._value

    def line(self) -> bytes:
        """The whole field, with its end."""
        return b"Date: %b\r\n" % self.value()
