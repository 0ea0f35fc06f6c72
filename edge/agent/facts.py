"""What the agent knows about its node, and what follows from it for readiness. Decisions are pure functions.

Readiness (``/readyz``) answers one question: should a load balancer send requests here? A node that serves an old
version is ``degraded`` but ready; else one lost store would take every node out of service at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import msgspec

from edge.versions.files import Identity

WORKER_BEHIND_S = 2.0
"""How long a worker may take to apply a version before the node says so."""

StoreState: TypeAlias = Literal["starting", "up", "away"]
ConfigState: TypeAlias = Literal["none", "pending", "published", "error", "waiting"]

STORE_TROUBLES = ("store_empty", "store_behind", "store_foreign", "reader_too_old", "store_incomplete")
"""What can be wrong with a store that answers; a gauge says which."""

REASONS = (
    "store_away",
    *STORE_TROUBLES,
    "worker_behind",
    "no_worker",
    "no_version",
    "disk_error",
    "config_file_error",
    "config_file_waiting",
)
"""Everything that ``/readyz`` may give as a reason, in its order; docs/failure-modes.md explains each."""


@dataclass
class WorkerFacts:
    """One connected worker; ``since`` is the monotonic second from which it owes the node's version."""

    pid: int
    worker: int
    since: float
    applied: tuple[str, int] | None = None
    refused: str = ""


@dataclass
class Facts:
    """Changed only by the agent's own greenlets; nothing here is shared with another process."""

    store: StoreState = "starting"
    store_trouble: str = ""
    """One of ``STORE_TROUBLES`` while the store answers but its version cannot be followed."""
    store_detail: str = ""
    held: Identity | None = None
    disk_error: str = ""
    config: ConfigState = "none"
    config_problems: tuple[str, ...] = ()
    """Sentences with file:line:column, or why the file could not be published."""
    draining: bool = False
    nodes: int = 0
    """How many live, as the store said last; 0 before it said anything."""
    workers: dict[int, WorkerFacts] = field(default_factory=dict)
    """By connection."""


class Readiness(msgspec.Struct, frozen=True):
    """The answer of ``/readyz``."""

    status: int
    body: dict[str, Any]


def readiness(facts: Facts, now: float) -> Readiness:
    """200 while requests are served, though perhaps by an old version; 503 before and after."""
    serving = is_serving(facts)
    reasons = reasons_of(facts, now)
    word = "draining" if facts.draining else "starting" if not serving else "degraded" if reasons else "ok"
    body: dict[str, Any] = {
        "status": word,
        "reasons": list(reasons),
        "version": {"incarnation": facts.held.incarnation, "number": facts.held.number}
        if facts.held
        else None,
        "workers": len(facts.workers),
        "settled": is_settled(facts),
    }
    if details := [detail for detail in (facts.store_detail, facts.disk_error) if detail]:
        body["details"] = details
    if facts.config_problems:
        body["config_file"] = list(facts.config_problems)
    if refusals := sorted({worker.refused for worker in facts.workers.values() if worker.refused}):
        body["refused"] = refusals
    return Readiness(200 if serving and not facts.draining else 503, body)


def is_serving(facts: Facts) -> bool:
    """Whether a worker answers requests by a version, or by the empty configuration of an empty cluster."""
    if not facts.workers:
        return False
    if any(worker.applied and worker.applied[1] > 0 for worker in facts.workers.values()):
        return True
    return (
        facts.held is None and facts.store == "up" and not facts.store_trouble and facts.config != "pending"
    )


def is_settled(facts: Facts) -> bool:
    """Whether the start is over: serving, or waiting for something that only a person or the store can bring."""
    waits = (
        facts.store == "away"
        or facts.store_trouble
        or facts.disk_error
        or facts.config in ("error", "waiting")
    )
    return is_serving(facts) or bool(facts.workers and waits)


def reasons_of(facts: Facts, now: float) -> tuple[str, ...]:
    """Why the node is not simply ok, in the order of ``REASONS``."""
    found = {
        "store_away": facts.store == "away",
        **{trouble: facts.store_trouble == trouble for trouble in STORE_TROUBLES},
        "worker_behind": is_known(facts)
        and any(_behind(worker, facts.held, now) for worker in facts.workers.values()),
        "no_worker": not facts.workers,
        "no_version": facts.held is None and facts.store == "away",
        "disk_error": bool(facts.disk_error),
        "config_file_error": facts.config == "error",
        "config_file_waiting": facts.config == "waiting",
    }
    return tuple(reason for reason in REASONS if found[reason])


def is_known(facts: Facts) -> bool:
    """Whether it is decided what workers serve: a held version, or an empty store's empty configuration.

    Before, workers say 503: a 404 would be a statement about rules that nobody has read yet.
    """
    return facts.held is not None or facts.store == "up"


def workers_on(workers: Iterable[WorkerFacts], held: Identity | None) -> int:
    """How many workers serve the held version."""
    return sum(1 for worker in workers if worker.applied == wanted(held))


def wanted(held: Identity | None) -> tuple[str, int]:
    """What a worker must have applied; number 0 of no incarnation is the empty configuration."""
    return (held.incarnation, held.number) if held else ("", 0)


def _behind(worker: WorkerFacts, held: Identity | None, now: float) -> bool:
    late = bool(worker.refused) or now - worker.since > WORKER_BEHIND_S
    return late and worker.applied != wanted(held)
