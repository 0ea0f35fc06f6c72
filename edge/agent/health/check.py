"""What is to be checked, as the workers say it. Pure."""

from __future__ import annotations

from functools import cached_property
from hashlib import blake2b
from typing import Any, NamedTuple

from edge.link.frames import FrameError
from weir.store.health import Member

MAX_CHECKS = 5_000
"""Of one node."""
NEWS_S = 1.0
"""Nodes hear of results so often; a check may be made more often than that."""
SILENT_INTERVALS = 3
"""After so many intervals (``turn_s``) without a result each node probes for itself, and a verdict is forgotten."""


class _Asked(NamedTuple):
    upstream: str
    """``<owner>/<name>``."""
    url: str
    method: str
    path: str
    every_ms: int
    timeout_ms: int
    expect: tuple[int, ...]
    """Statuses; empty is 200 to 399."""
    host: str
    """Empty: the target's own."""


class Check(_Asked):
    """One target with what is asked of it."""

    @property
    def member(self) -> Member:
        return Member(self.upstream, self.url)

    @cached_property
    def id(self) -> str:
        """The same on all nodes that check the same."""
        return blake2b(repr(tuple(self)).encode(), digest_size=16).hexdigest()

    @property
    def every_s(self) -> float:
        return self.every_ms / 1000

    @property
    def turn_s(self) -> float:
        """How soon others can know of a result: they neither forget a verdict nor seek the lease before."""
        return max(self.every_s, NEWS_S)

    @property
    def lasts_s(self) -> float:
        """How long a result counts."""
        return SILENT_INTERVALS * self.turn_s + self.timeout_ms / 1000

    @property
    def lease_ms(self) -> int:
        return int(self.turn_s * 1500)

    def is_good(self, status: int) -> bool:
        return status in self.expect if self.expect else 200 <= status < 400


def read_checks(items: Any) -> list[Check]:
    """Raises FrameError for anything else than a worker sends."""
    try:
        found = []
        for owner, name, url, method, path, every_ms, timeout_ms, expect, host in items:
            texts = (owner, name, url, method, path, host)
            numbers = (every_ms, timeout_ms, *expect)
            if not all(isinstance(text, str) for text in texts) or not all(
                type(one) is int for one in numbers
            ):
                raise TypeError("a field of another type")
            if every_ms < 1 or timeout_ms < 1:
                raise ValueError("an interval that is none")
            statuses = tuple(expect)
            found.append(Check(f"{owner}/{name}", url, method, path, every_ms, timeout_ms, statuses, host))
    except (TypeError, ValueError) as error:
        raise FrameError(f"checks that are none: {error}") from error
    return found
