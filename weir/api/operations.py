"""Every operation there is."""

from __future__ import annotations

from weir.api import audit, config, definitions, explain, lint, openapi, sessions, tokens, traffic, versions
from weir.api.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *openapi.OPERATIONS,
    *config.OPERATIONS,
    *versions.OPERATIONS,
    *definitions.OPERATIONS,
    *explain.OPERATIONS,
    *lint.OPERATIONS,
    *traffic.OPERATIONS,
    *audit.OPERATIONS,
    *sessions.OPERATIONS,
    *tokens.OPERATIONS,
)


def by_id() -> dict[str, Operation]:
    return {operation.id: operation for operation in OPERATIONS}
