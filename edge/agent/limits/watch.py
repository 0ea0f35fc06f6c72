"""What of the limits is nearly used up or over, of the keys that workers asked for lately. Bounded; it only informs.

Workers spend what they hold without asking, and remember a refusal for a while, so a key is noted less often than
requests come: what stands here is how things were when the agent was last asked.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Iterable

from edge.limiting.wire import FULL, GRANTED, Answer, Item, Terms
from weir.store.limits import limit_tag
from weir.store.live import MAX_LIMITS, NearLimit

NEAR = 0.8
"""Of a window that is used: from there on a key is noted."""
MAX_NOTED = 1000
"""Keys; the one that was noted longest ago makes room."""
SLICE_S = 10.0
SLICES = 6
"""Refusals are counted over so many slices: a minute, less up to one slice."""


class _Noted:
    __slots__ = ("at", "key", "left", "slices", "terms", "used")

    def __init__(self, terms: Terms, key: str) -> None:
        self.terms, self.key = terms, key
        self.used, self.left, self.at = 0.0, 0, 0.0
        self.slices: dict[int, int] = {}

    def refused(self, now: float) -> int:
        """Within the last minute."""
        oldest = int(now / SLICE_S) - SLICES
        return sum(count for number, count in self.slices.items() if number > oldest)


class Watch:
    """Of one node. Times are seconds of ``edge.limiting.clock``."""

    def __init__(self) -> None:
        self._noted: OrderedDict[tuple[str, str, int, str], _Noted] = OrderedDict()

    def note(self, items: Iterable[Item], answers: Iterable[Answer], now: float) -> None:
        """Runs for every question of a worker."""
        for item, answer in zip(items, answers, strict=True):
            if answer.why == FULL:
                self._note(item, 1.0, 0, now, refused=True)
            elif answer.why == GRANTED:
                most = item.terms.burst if item.terms.window == "smooth" else item.terms.most
                used = 1.0 - min(1.0, answer.left / max(1, most))
                if used >= NEAR:
                    self._note(item, used, answer.left, now, refused=False)

    def near(self, now: float) -> list[NearLimit]:
        """At most ``MAX_LIMITS`` of the last minute, the most refused first, then the most used."""
        fresh = [one for one in self._noted.values() if one.at > now - SLICE_S * SLICES]
        told = sorted(((one.refused(now), one.used, one) for one in fresh), key=lambda each: each[:2])
        return [_near(one, refused, now) for refused, _, one in reversed(told[-MAX_LIMITS:])]

    def _note(self, item: Item, used: float, left: int, now: float, *, refused: bool) -> None:
        terms = item.terms
        identity = (terms.identity, terms.window, terms.per_ms, item.key)
        found = self._noted.get(identity)
        if found is None:
            if len(self._noted) >= MAX_NOTED:
                self._noted.popitem(last=False)
            found = self._noted[identity] = _Noted(terms, item.key)
        self._noted.move_to_end(identity)
        found.terms, found.used, found.left, found.at = terms, used, left, now
        if refused:
            number = int(now / SLICE_S)
            found.slices[number] = found.slices.get(number, 0) + 1
            if len(found.slices) > SLICES:
                del found.slices[min(found.slices)]


def shown_key(key: str) -> str:
    """``key`` if it is an address or a network and nothing else: other keys may be secrets, and stay hashes."""
    try:
        return str(ipaddress.ip_network(key)) if "/" in key else str(ipaddress.ip_address(key))
    except ValueError:
        return ""


def _near(one: _Noted, refused: int, now: float) -> NearLimit:
    terms = one.terms
    return NearLimit(
        limit=terms.identity,
        window=terms.window,
        most=terms.most,
        per_ms=terms.per_ms,
        hash=limit_tag(terms.identity, one.key),
        key=shown_key(one.key),
        used=round(one.used, 3),
        left=one.left,
        refused=refused,
        age_ms=max(0, round((now - one.at) * 1000)),
    )
