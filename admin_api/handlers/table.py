"""Every handler by its operation's id; the same set as ``weir.api.operations`` has (a test compares them)."""

from __future__ import annotations

from admin_api.call import Handler
from admin_api.handlers import audit, openapi, sessions, tokens, traffic

HANDLERS: dict[str, Handler] = {
    **openapi.HANDLERS,
    **audit.HANDLERS,
    **sessions.HANDLERS,
    **tokens.HANDLERS,
    **traffic.HANDLERS,
}
