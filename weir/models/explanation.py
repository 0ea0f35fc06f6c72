"""Why a request gets its rule, as told to a person or a program (``weir/routing/explain.py`` finds it out)."""

from __future__ import annotations

import msgspec


class Failure(msgspec.Struct, frozen=True):
    """The first comparison that did not hold."""

    comparison: str
    """As the rule language writes it."""
    actual: str | None
    """What the request has; None if it has no such value."""


class Candidate(msgspec.Struct, frozen=True, omit_defaults=True):
    """One alternative of a rule."""

    rule: str
    path_line: str
    """The prefix, for a line of ``proxy by path``."""
    owner: str
    comparisons: tuple[str, ...]
    """What all must hold; empty for ``any``."""
    matches: bool
    failure: Failure | None = None
    indexed: bool = True
    """False if host and path alone ruled it out, so that no request of this kind tests it."""


class Explanation(msgspec.Struct, frozen=True, omit_defaults=True):
    """``candidates`` are in rank order; ``winner`` and ``runner_up`` are places in it."""

    method: str
    host: str
    path: str
    candidates: tuple[Candidate, ...]
    winner: int | None = None
    captures: dict[str, str] = {}
    runner_up: int | None = None
    """The best other rule that matches too."""
    decided_by: str = ""
    """The first component of the rank in which the two differ, such as ``prefix``."""
    decided_because: str = ""
    """The same in words."""
    left_out: int = 0
    """Candidates beyond the limit."""
    decisions: tuple[str, ...] = ()
    """What the winner decides about this request beside its action, in words."""
