"""Every operation there is."""

from __future__ import annotations

from weir.api import (
    audit,
    backup,
    basic_logins,
    config,
    consumers,
    counters,
    definitions,
    events,
    explain,
    hmac_keys,
    initial_tokens,
    issuers,
    keys,
    lint,
    nodes,
    oauth_clients,
    openapi,
    sessions,
    targets,
    tokens,
    traffic,
    users,
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
    *consumers.OPERATIONS,
    *keys.OPERATIONS,
    *basic_logins.OPERATIONS,
    *hmac_keys.OPERATIONS,
    *oauth_clients.OPERATIONS,
    *initial_tokens.OPERATIONS,
    *users.OPERATIONS,
    *issuers.OPERATIONS,
    *backup.OPERATIONS,
    *audit.OPERATIONS,
    *sessions.OPERATIONS,
    *tokens.OPERATIONS,
)


def by_id() -> dict[str, Operation]:
    return {operation.id: operation for operation in OPERATIONS}
