"""What the methods of all rules share in one worker. Made once, and handed to each ``compile``."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from edge.auth.requirement import Identity, Requirements, identity_of
from edge.auth.throttle import FailureThrottle
from edge.auth.verifiers import Verifiers
from edge.link.asks import Asks
from weir.models.rule_clauses import Require

if TYPE_CHECKING:
    from weir.secrets.ring import KeyRing


class AuthServices:
    """The worker may set ``ring`` and ``throttle`` before the first version is loaded."""

    def __init__(
        self,
        asks: Asks,
        max_stale_s: Callable[[], float],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``max_stale_s``: how long credentials are good without word of the store, as the version in service says."""
        self.generation = 0
        """Goes up with everything that may change a verdict."""
        self.verifiers = Verifiers(asks, max_stale_s, self.changed, clock)
        self.throttle = FailureThrottle(clock=clock)
        self.ring: KeyRing | None = None
        """None: this node has no key ring."""
        self._requirements: WeakValueDictionary[Identity, Requirements] = WeakValueDictionary()

    def changed(self) -> None:
        """Something that verdicts rest on did; none of those that were remembered holds any more."""
        self.generation += 1

    def requirements(self, require: Require) -> Requirements:
        """The same for rules that ask the same. Raises ValueError."""
        identity = identity_of(require)
        found = self._requirements.get(identity)
        if found is None:
            found = self._requirements[identity] = Requirements(require, self)
        return found
