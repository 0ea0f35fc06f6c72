"""Every handler by its operation's id; the same set as ``weir.api.operations`` has (a test compares them)."""

from __future__ import annotations

from admin_api.call import Handler
from admin_api.handlers import (
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

HANDLERS: dict[str, Handler] = {
    **openapi.HANDLERS,
    **audit.HANDLERS,
    **sessions.HANDLERS,
    **tokens.HANDLERS,
    **config.HANDLERS,
    **versions.HANDLERS,
    **definitions.HANDLERS,
    **explain.HANDLERS,
    **lint.HANDLERS,
    **traffic.HANDLERS,
    **nodes.HANDLERS,
    **counters.HANDLERS,
    **targets.HANDLERS,
    **events.HANDLERS,
    **backup.HANDLERS,
}
