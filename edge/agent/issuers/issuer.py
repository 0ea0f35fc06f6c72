"""One foreign issuer over time: its keys, how old they are, when to look again. Pure: both clocks are given.

Keys that were fetched once are good for ``STALE_S`` while the issuer cannot be reached; then nothing is said of its
tokens any more. ``wall`` is for ages, as they outlive a restart; ``now`` is monotonic.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from weir.models.auth.records import Issuer as Record

REFRESH_S = 600.0
JITTER = 0.1
FIRST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 120.0
"""Between trials while it cannot be reached: twice as long each time."""
STALE_S = 24 * 3600.0
ASKED_EVERY_S = 30.0
"""For a token with an unknown key it is looked at again no sooner than this after the last such look."""

_DEFAULTS = Record(name="default", url="", created_ms=0)


class Terms(NamedTuple):
    """How its tokens are read: what a person registered, or what holds for one that only a rule names."""

    url: str
    jwks_uri: str = ""
    algorithms: tuple[str, ...] = _DEFAULTS.algorithms
    consumer_claim: str = _DEFAULTS.consumer_claim
    scope_claim: str = _DEFAULTS.scope_claim
    enabled: bool = True

    @classmethod
    def of(cls, record: Record) -> Terms:
        return cls(
            record.url,
            record.jwks_uri,
            record.algorithms,
            record.consumer_claim,
            record.scope_claim,
            not record.disabled,
        )


class ForeignIssuer:
    """``now`` and ``wall`` of every call are seconds and never go back, but for ``wall`` where somebody sets it."""

    def __init__(self, terms: Terms, now: float) -> None:
        self.terms = terms
        self.jwks: dict[str, Any] | None = None
        self.fetched_s = 0.0
        """Wall seconds of the last success."""
        self.problem = ""
        self.failures = 0
        """In a row."""
        self.due = now
        self._asked = float("-inf")

    def restore(self, jwks: dict[str, Any], fetched_s: float, wall: float) -> None:
        """What the disk has of it; it is looked at again at once all the same."""
        if fetched_s + STALE_S > wall:
            self.jwks, self.fetched_s = jwks, min(fetched_s, wall)

    def change(self, terms: Terms, now: float) -> bool:
        """Whether these are other terms. Keys from another place are not trusted any longer."""
        if terms == self.terms:
            return False
        if terms.jwks_uri != self.terms.jwks_uri:
            self.jwks, self.fetched_s, self.problem = None, 0.0, ""
            self.due = now
        self.terms = terms
        return True

    def succeeded(self, jwks: dict[str, Any], now: float, wall: float, random: float) -> bool:
        """Whether workers must hear of it. ``random``: 0 to 1."""
        changed = jwks != self.jwks or bool(self.problem)
        self.jwks, self.fetched_s, self.problem, self.failures = jwks, wall, "", 0
        self.due = now + REFRESH_S * (1 + JITTER * (2 * random - 1))
        return changed

    def failed(self, problem: str, now: float, random: float) -> bool:
        """The same. Its keys stay."""
        changed = problem != self.problem
        pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(self.failures, 10))
        self.problem, self.failures = problem, self.failures + 1
        self.due = now + pause_s * (0.5 + 0.5 * random)
        return changed

    def outdated(self, now: float, wall: float) -> bool:
        """Whether its keys have just become too old, or the wall clock was set; they are gone then."""
        if self.jwks is None or wall < self.fetched_s + STALE_S:
            return False
        self.jwks, self.due = None, now
        return True

    def may_be_asked(self, now: float) -> bool:
        """Whether it may be looked at again for a token with an unknown key; then that counts as done."""
        if now < self._asked + ASKED_EVERY_S:
            return False
        self._asked = now
        return True

    def word(self) -> dict[str, Any]:
        """What workers are told."""
        terms = self.terms
        return {
            "issuer": terms.url,
            "own": False,
            "enabled": terms.enabled,
            "jwks": self.jwks if terms.enabled else None,
            "algorithms": list(terms.algorithms),
            "consumer_claim": terms.consumer_claim,
            "scope_claim": terms.scope_claim,
            "problem": self.problem,
        }
