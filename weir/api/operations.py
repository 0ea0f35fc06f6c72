"""Every operation there is."""

from __future__ import annotations

from weir.api import (
    audit,
    backup,
    config,
    counters,
    definitions,
    events,
    explain,
    lint,
    nodes,
    openapi,
    sessions,
    targets,
    tokens,
    traffic,
    versions,
)
from weir.api.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *openapi.OPERATIONS,
    *config.OPERATIONS,
    *versions.OPERATIONS,
    *definitions.OPERATIONS,
    *explain.OPERATIONS,
    *lint.OPERATIONS,
    *traffic.OPERATIONS,
    *nodes.OPERATIONS,
    *counters.OPERATIONS,
    *targets.OPERATIONS,
    *events.OPERATIONS,
    *backup.OPERATIONS,
    *audit.OPERATIONS,
    *sessions.OPERATIONS,
    *tokens.OPERATIONS,
)


def by_id() -> dict[str, Operation]:
    return {operation.id: operation for operation in OPERATIONS}
