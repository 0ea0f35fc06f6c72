"""What was counted of rules, targets and consumers: the form of the counts, and how agents add to them. Calls, no I/O.

Everything here lives on the server of the counters, under one hash tag. ``usage_read`` reads it.

*Memory of that server.* An entry takes 100 to 200 bytes. Minutes: at most 130 × 9000 entries; days: 2 000 000 entries
together, then the earliest day goes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from weir.models.usage import WIDTH
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.script_calls import ScriptCall, script_call
from weir.store.scripts import Value

MAX_RULES_A_MINUTE, MAX_TARGETS_A_MINUTE, MAX_CONSUMERS_A_MINUTE = 5_000, 2_000, 2_000
MAX_RULES_A_DAY, MAX_TARGETS_A_DAY, MAX_CONSUMERS_A_DAY = 50_000, 5_000, 50_000
MAX_LAST = 50_000
"""Rules whose last hit is kept."""
MAX_ALL_DAYS = 2_000_000
"""Entries of all days together."""
MINUTE_TTL_MS = 130 * 60_000
DAY_TTL_MS = 401 * 86_400_000
MAX_ENTRIES = 64
"""Of one call, which then takes about a millisecond of the server's time."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[int]).decode


class Period(NamedTuple):
    """A minute or a day, by its number since 1970."""

    kind: str
    """``minute`` or ``day``."""
    number: int


class Batch(NamedTuple):
    """What one call adds. It is repeated as it is until it is answered."""

    period: Period
    seq: int
    entries: tuple[tuple[str, int, bytes], ...]
    """Name, minute of the last hit, numbers."""
    lost_minutes: int = 0
    lost_days: int = 0


class Added(NamedTuple):
    """The reply of ``usage.lua``."""

    now_ms: int
    """By the server's clock."""
    new: bool
    """False: the call had been carried out before."""
    all_days: int
    """Entries of all days; 0 where that was not looked at."""
    earliest: int
    """Day; -1 where that was not looked at."""


class UsageCalls(NamedTuple):
    """Of one agent; ``writer`` is of this life of it."""

    keys: Keys
    writer: str

    def add(self, batch: Batch) -> ScriptCall:
        """At most ``MAX_ENTRIES``; raises ValueError for more."""
        if len(batch.entries) > MAX_ENTRIES:
            raise ValueError(f"{len(batch.entries)} entries in one call; at most {MAX_ENTRIES}")
        kind, number = batch.period
        is_day = kind == "day"
        entries: list[Value] = [value for entry in batch.entries for value in entry]
        return script_call(
            "usage",
            counts=counts_key(self.keys, batch.period),
            last=self.keys.usage_last(),
            about=self.keys.usage_about(),
            writer=self.writer,
            seq=batch.seq,
            day=number if is_day else "",
            ttl_ms=DAY_TTL_MS if is_day else MINUTE_TTL_MS,
            most_rules=MAX_RULES_A_DAY if is_day else MAX_RULES_A_MINUTE,
            most_targets=MAX_TARGETS_A_DAY if is_day else MAX_TARGETS_A_MINUTE,
            most_consumers=MAX_CONSUMERS_A_DAY if is_day else MAX_CONSUMERS_A_MINUTE,
            most_last=MAX_LAST,
            lost_minutes=batch.lost_minutes,
            lost_days=batch.lost_days,
            entries=entries,
        )

    def forget(self, day: int) -> ScriptCall:
        """For the earliest, when all days have too much."""
        return script_call(
            "usage_forget", counts=self.keys.usage_day(day), about=self.keys.usage_about(), day=day
        )


def counts_key(keys: Keys, period: Period) -> str:
    return keys.usage_day(period.number) if period.kind == "day" else keys.usage_minute(period.number)


def read_added(reply: Any) -> Added:
    """Raises StoreError for what is no reply of the script."""
    if not isinstance(reply, list) or len(reply) != len(Added._fields):
        raise StoreError("usage.lua answered something of another shape")
    now_ms, new, all_days, earliest = map(int, reply)
    return Added(now_ms, bool(new), all_days, earliest)


def packed(numbers: list[int]) -> bytes:
    """Without zeros at the end."""
    upto = len(numbers)
    while upto and not numbers[upto - 1]:
        upto -= 1
    return _encode(numbers[:upto])


def unpacked(data: bytes) -> list[int]:
    """All ``WIDTH`` numbers, without any that a newer program added. Raises StoreError for what is no entry."""
    try:
        numbers = _decode(data)
    except msgspec.MsgspecError as error:
        raise StoreError(f"counts in the store cannot be read: {error}") from error
    missing = WIDTH - len(numbers)
    return numbers if missing == 0 else numbers[:WIDTH] + [0] * missing
