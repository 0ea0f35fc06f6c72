"""Wrong credentials by address: after so many in a minute, further guesses are answered without looking.

Whoever shows a credential that is known and right is never held up, whatever others at the same address do.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from edge.auth.denied import Denied
from weir.routing.facts import Facts
from weir.routing.limit_keys import network_of

PER_MINUTE = 20
"""If nothing else is set."""
WINDOW_S = 60.0
MAX_ADDRESSES = 20_000
"""Kept in a worker; the one that failed longest ago goes first."""


class FailureThrottle:
    """Of one worker. An IPv6 client counts as its /64."""

    def __init__(self, per_minute: int = PER_MINUTE, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._each_s = 0.0
        self.allow(per_minute)
        self._until: OrderedDict[str, float] = OrderedDict()
        """When all failures of an address are forgotten, each after its part of the window."""

    def allow(self, per_minute: int) -> None:
        """From now on; 0: nothing is held up."""
        self._each_s = WINDOW_S / per_minute if per_minute else 0.0

    def check(self, facts: Facts) -> None:
        """Before anybody is asked, or anything slow is hashed. Raises Denied."""
        if not self._until:
            return
        until = self._until.get(network_of(facts), 0.0)
        wait_s = until - self._clock() - WINDOW_S + self._each_s
        if wait_s > 1e-6:
            raise Denied(
                "too-many-failures",
                "too many wrong credentials came from this address",
                retry_after_s=max(1, math.ceil(wait_s)),
            )

    def failed(self, facts: Facts) -> None:
        """A credential that was looked up, or hashed slowly, was wrong."""
        if not self._each_s:
            return
        address, now = network_of(facts), self._clock()
        until = max(self._until.pop(address, 0.0), now) + self._each_s
        self._until[address] = min(until, now + WINDOW_S)
        if len(self._until) > MAX_ADDRESSES:
            self._until.popitem(last=False)
