"""Which keys a backup holds, by the first word of their name behind the cluster and the hash tag. Pure.

What is known to be short-lived stays out; what is not known to be is in, so that nothing is lost by being new.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["version", "records", "control", "counter", "left-out"]
"""``version``, ``records``: read by rules of their own. ``control``, ``counter``: copied as they
are, on their server."""

VERSION = ("head", "versions", "chunks", "chunk-references", "publish-ids")
COUNTERS = ("day", "last", "about", "quota", "limit", "smooth")
"""On the server of the counters."""
RECORDS = ("records", "record-index")
LEFT_OUT = (
    "feed", "nodes", "node", "live", "budget", "minute", "samples", "samples-wanted", "restore",
    "sessions", "sessions-seen", "login-links", "login-links-made", "login-failures", "audit-gate",
    "health-suspects", "health-evidence", "health-ejected", "health-nodes", "health-checked", "health-results",
    "health-lease",
    "oauth-codes", "oauth-codes-made", "oauth-logins", "oauth-logins-seen", "oauth-logins-of", "oauth-questions",
    "oauth-devices", "oauth-device", "oauth-device-code", "attempts", "client-failures",
)  # fmt: skip
"""Made anew by those who need them, or good for moments only."""
LONG_MS = 3_600_000
"""Counts of limits with a shorter window are left out: they would be over before anybody could restore them."""
_NAME = re.compile(r"(?:\{[^}]*\}:)?([a-z-]+)(?::(.*))?", re.DOTALL)
_RING = re.compile(r"([0-9]+)x([0-9]+)")


def kind_of(rest: str) -> Kind:
    """Of a key whose name goes on with ``rest`` behind ``weir:<cluster>:``."""
    match = _NAME.fullmatch(rest)
    word, more = (match[1], match[2] or "") if match else ("", "")
    if word in VERSION:
        return "version"
    if word in RECORDS:
        return "records"
    if word in LEFT_OUT:
        return "left-out"
    if word in COUNTERS:
        return "counter" if window_ms(word, more) >= LONG_MS else "left-out"
    return "control"


def window_ms(word: str, more: str) -> int:
    """Of what a counter counts; a long one for what is no limit with a window in its name."""
    if word == "limit" and (ring := _RING.fullmatch(more)):
        return int(ring[1]) * int(ring[2])
    if word in ("smooth", "quota") and more.isdecimal():
        return int(more) or LONG_MS
    return LONG_MS
