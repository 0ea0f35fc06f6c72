"""What an answer says about being asked again: not at all, or not before a while. Pure.

Read are ``X-Weir-Retry: never``, ``grpc-retry-pushback-ms`` (gRPC A6: what is negative or no number says never), and
``Retry-After`` in both its forms (RFC 9110 §10.2.3). A ``Retry-After`` that cannot be read says nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from edge.http.head import Field

MAX_DIGITS = 9
"""Of a number of milliseconds; more is no number. Seconds are believed to one digit more, which is for ever."""


class Pushback(NamedTuple):
    """``after_s``: wait at least so many seconds; None: nothing is said."""

    never: bool = False
    after_s: float | None = None


SILENT = Pushback()


def pushback_of(fields: Iterable[Field], now: float | None = None) -> Pushback:
    """``now``: seconds since 1970, for a ``Retry-After`` that is a date. The longest wait counts."""
    never, waits = False, []
    for name, _, value in fields:
        if name == b"x-weir-retry":
            never = never or value.strip().lower() == b"never"
        elif name == b"grpc-retry-pushback-ms":
            if _is_number(value):
                waits.append(int(value) / 1000)
            else:
                never = True
        elif name == b"retry-after":
            wait = _retry_after(value, time.time() if now is None else now)
            if wait is not None:
                waits.append(wait)
    return Pushback(never, max(waits)) if waits else Pushback(never)


def _is_number(value: bytes) -> bool:
    return 0 < len(value) <= MAX_DIGITS and value.isdigit()


def _retry_after(value: bytes, now: float) -> float | None:
    if value.isdigit():
        return float(value[: MAX_DIGITS + 1])
    try:
        return max(0.0, parsedate_to_datetime(value.decode("latin-1")).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None
