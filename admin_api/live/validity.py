"""Whether who began a stream may still have it."""

from __future__ import annotations

import time

from admin_api.call import Identity
from admin_api.services import Services
from weir.store.errors import StoreAway


def still_allowed(services: Services, identity: Identity) -> bool:
    """False: the token was revoked or has expired, or the session was ended. A store that is away decides nothing."""
    if identity.kind not in ("token", "session"):
        return True
    try:
        token = services.tokens.get(identity.id)
        if token is None or token.expires_ms <= time.time_ns() // 1_000_000 or token.role != identity.role:
            return False
        if identity.kind == "token":
            return True
        return bool(services.client.call("HEXISTS", services.keys.sessions(), identity.session))
    except StoreAway:
        return True
