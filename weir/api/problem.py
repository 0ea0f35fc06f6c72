"""problem+json (RFC 9457) of the admin API: the shape that the edge uses too, and room for what won a conflict."""

from __future__ import annotations

import msgspec

from weir.models.problem import Problem

MEDIA = "application/problem+json"


class Winner(msgspec.Struct, frozen=True):
    """Who published after what a refused write was based on."""

    number: int
    author: str
    time_ms: int
    message: str


class ProblemAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    type: str = "about:blank"
    title: str
    status: int
    detail: str
    """One sentence for a person."""
    code: str
    """Stable, for machines: ``stale``, ``unknown-field``, ``store-away``…"""
    request_id: str = ""
    errors: tuple[Problem, ...] = ()
    winner: Winner | None = None
    difference: str = ""
    """Of a stale write: a text diff from what the writer saw to what is there now."""
    check: int = 0
    """Of an unknown outcome: the version to look at."""
    publish_id: str = ""
    """Of an unknown outcome: repeating with it is safe and tells."""
