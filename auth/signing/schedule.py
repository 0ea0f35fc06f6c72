"""When signing keys begin and end. Pure.

The newest key whose time has come signs. The next one is published a day before it does, so that every verifier has it
by then; an old one stays published until the last token that it signed has ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from weir.store.signing import SealedKey

AHEAD_MS = 86_400_000
LONGEST_TOKEN_S = 86_400
"""No token that is signed here lives longer."""
KEPT_MS = (LONGEST_TOKEN_S + 600) * 1000
"""After a key has signed its last token; clocks differ."""


class Plan(NamedTuple):
    """What is to change; nothing where both are empty."""

    begins_ms: int
    """A key is to be made that signs from then on; 0: none."""
    ended: tuple[str, ...]
    """Key ids."""


def signer(keys: Sequence[SealedKey], now_ms: int) -> SealedKey | None:
    """``keys`` by when they begin. Where a clock went back before all of them: the earliest."""
    begun = [key for key in keys if key.signs_from_ms <= now_ms]
    return begun[-1] if begun else next(iter(keys), None)


def plan(keys: Sequence[SealedKey], now_ms: int, rotation_ms: int) -> Plan:
    """``keys`` by when they begin; ``rotation_ms`` is how long each signs."""
    current = signer(keys, now_ms)
    if current is None:
        return Plan(now_ms, ())
    ahead_ms = min(AHEAD_MS, rotation_ms // 2)
    has_next = keys[-1].signs_from_ms > current.signs_from_ms
    is_due = now_ms >= current.signs_from_ms + rotation_ms - ahead_ms
    begins_ms = max(current.signs_from_ms + rotation_ms, now_ms + ahead_ms) if is_due and not has_next else 0
    ended = [key.kid for key, successor in pairwise(keys) if is_over(successor, now_ms)]
    return Plan(begins_ms, tuple(ended))


def is_over(successor: SealedKey, now_ms: int) -> bool:
    """Of the key before ``successor``."""
    return successor.signs_from_ms + KEPT_MS <= now_ms
