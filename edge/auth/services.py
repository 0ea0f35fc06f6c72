"""What the methods of all rules share in one worker. Made once, and handed to each ``compile``."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from edge.auth.issuers import Issuers
from edge.auth.requirement import Identity, Requirements, identity_of
from edge.auth.revoked import Revoked
from edge.auth.throttle import FailureThrottle
from edge.auth.tokens import Tokens
from edge.auth.verifiers import Verifiers
from edge.link.asks import Asks
from weir.models.auth.verifier import Verifier, VerifierKind
from weir.models.rule_clauses import Require
from weir.routing.facts import Facts

if TYPE_CHECKING:
    from edge.auth.passwords import Passwords
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
        self.issuers = Issuers(asks, self.changed, clock)
        self.tokens = Tokens(self.issuers)
        self.revoked = Revoked(asks, self.changed)
        self.ring: KeyRing | None = None
        """None: this node has no key ring."""
        self._requirements: WeakValueDictionary[Identity, Requirements] = WeakValueDictionary()

    @cached_property
    def passwords(self) -> Passwords:
        """Made by the first rule that asks for one: what hashes them takes 7 MiB."""
        from edge.auth.passwords import Passwords

        return Passwords()

    def changed(self) -> None:
        """Something that verdicts rest on did; none of those that were remembered holds any more."""
        self.generation += 1

    def look_up(self, facts: Facts, kind: VerifierKind, id: str) -> Verifier | None:  # noqa: A002
        """As ``Verifiers.find``; a guess that somebody had to be asked for counts, and too many are held up.

        What is known, also that it does not exist, costs nothing: a client that goes on with a revoked key does not
        keep others at its address from being looked up. Raises Denied, Unavailable.
        """
        is_new = not self.verifiers.is_known(kind, id)
        if is_new:
            self.throttle.check(facts)
        found = self.verifiers.find(kind, id)
        if is_new and found is None:
            self.throttle.failed(facts)
        return found

    def requirements(self, require: Require) -> Requirements:
        """The same for rules that ask the same. Raises ValueError."""
        identity = identity_of(require)
        found = self._requirements.get(identity)
        if found is None:
            found = self._requirements[identity] = Requirements(require, self)
        return found
