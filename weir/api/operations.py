"""Every operation there is."""

from __future__ import annotations

from weir.api.operation import Operation

OPERATIONS: tuple[Operation, ...] = ()


def by_id() -> dict[str, Operation]:
    return {operation.id: operation for operation in OPERATIONS}
