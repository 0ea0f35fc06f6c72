"""``RateLimit`` and ``RateLimit-Policy``: what a client may still do (draft-ietf-httpapi-ratelimit-headers-11).

Both are lists of Structured Fields strings with parameters (RFC 9651): ``RateLimit-Policy: "gold";q=100;w=60`` and
``RateLimit: "gold";r=42;t=17``. What remains is an estimate, as tokens are handed out in leases; the draft allows that.
An upstream's own fields stay: members of one list.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from edge.http.head import Field

if TYPE_CHECKING:
    from edge.exchange import Exchange
    from edge.limiting.rule_limits import RuleLimits
    from edge.limiting.verdict import Standing

MAX_POLICIES = 8
"""Limits of one answer's fields; of more, the first are told."""
MAX_INTEGER = 999_999_999_999_999
"""RFC 9651 §3.3.1."""

_POLICY, _STATE = b"RateLimit-Policy", b"RateLimit"


def policy(name: str, count: int, window_ms: int) -> bytes:
    """One member of ``RateLimit-Policy``; ``window_ms`` 0 is a month, which has no length in seconds.

    ``w`` is a whole number of seconds and optional: it is left out where the window is none, as any other would be
    wrong for who computes a pace from it.
    """
    window = b";w=%d" % (window_ms // 1000) if window_ms and not window_ms % 1000 else b""
    return b"%b;q=%d%b" % (sf_string(name), min(count, MAX_INTEGER), window)


def state(name: bytes, remaining: int, reset_s: float) -> bytes:
    """One member of ``RateLimit``; ``name`` as ``sf_string`` gives it."""
    return b"%b;r=%d;t=%d" % (name, min(max(0, remaining), MAX_INTEGER), math.ceil(max(0.0, reset_s)))


def sf_string(text: str) -> bytes:
    """RFC 9651 §3.3.3: printable ASCII; any other character becomes ``?``."""
    plain = "".join(letter if " " <= letter <= "~" else "?" for letter in text)
    return b'"%b"' % plain.replace("\\", "\\\\").replace('"', '\\"').encode("ascii")


NAMES = (_POLICY.lower(), _STATE.lower())


def lines(policies: bytes, shown: Mapping[int, bytes], standings: Iterable[Standing]) -> bytes:
    """Both fields, each with its end; nothing where there is nothing to tell."""
    states = [
        state(shown[id(limit)], left, reset_s) for limit, left, reset_s in standings if id(limit) in shown
    ]
    return lines_of(policies, b", ".join(states)) if states else b""


def lines_of(policies: bytes, states: bytes) -> bytes:
    """Both fields, each with its end."""
    return b"RateLimit-Policy: %b\r\nRateLimit: %b\r\n" % (policies, states)


def template(policies: bytes, name: bytes) -> bytes:
    """The same of one limit, with ``%d`` for what is left and for how many seconds."""
    return lines_of(policies.replace(b"%", b"%%"), name.replace(b"%", b"%%") + b";r=%d;t=%d")


class RateLimitFields:
    """Adds both fields to every answer of a rule with limits that edits them itself, before its own edits."""

    __slots__ = ("_limits",)

    def __init__(self, limits: RuleLimits) -> None:
        self._limits = limits

    def apply(self, fields: list[Field], exchange: Exchange) -> list[Field]:
        """Nothing where the request was answered before it was counted."""
        shown = self._limits.shown
        states = [
            state(shown[id(limit)], remaining, reset_s)
            for limit, remaining, reset_s in exchange.standings
            if id(limit) in shown
        ]
        if not states:
            return fields
        policies = (_POLICY.lower(), _POLICY, self._limits.policies)
        return [*fields, policies, (_STATE.lower(), _STATE, b", ".join(states))]
