"""Counts as agents bring them, for tests of those who read them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

from weir.store.connect import Client
from weir.store.keys import Keys
from weir.store.usage import Batch, Period, UsageCalls, packed, read_added


def counted(
    client: Client,
    keys: Keys,
    period: Period,
    entries: Mapping[str, Sequence[int]],
    *,
    minute: int | None = None,
    lost_days: int = 0,
) -> None:
    """Entries are ``r<owner>/<rule>`` and ``t<owner>/<upstream> <URL>``; zeros at the end may be missing."""
    hit = period.number if minute is None else minute
    rows = tuple((name, hit, packed(list(numbers))) for name, numbers in entries.items())
    calls = UsageCalls(keys, f"test:{secrets.token_hex(4)}")
    (reply,) = client.pipeline([calls.add(Batch(period, 1, rows, 0, lost_days))])
    assert read_added(reply).new
