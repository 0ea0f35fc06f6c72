"""Every operation there is."""

from __future__ import annotations

from weir.api import audit, openapi, sessions, tokens, traffic
from weir.api.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *openapi.OPERATIONS,
    *traffic.OPERATIONS,
    *audit.OPERATIONS,
    *sessions.OPERATIONS,
    *tokens.OPERATIONS,
)


def by_id() -> dict[str, Operation]:
    return {operation.id: operation for operation in OPERATIONS}
