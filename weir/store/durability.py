"""Waiting until the server has its writes on its own disk, where the server can say so."""

from __future__ import annotations

from weir.store.connect import Session
from weir.store.errors import StoreAway, StoreError


def on_disk(session: Session, timeout_ms: int) -> bool | None:
    """Wait until everything that this connection wrote is in the server's append-only file, and synced.

    True: it is. False: the server keeps no such file, so that a restart loses the write. None: it keeps one, but
    cannot be asked (Redis before 7.2). Raises StoreAway if the answer is not there in time: then nobody knows.
    """
    try:
        local, _replicas = session.call("WAITAOF", 1, 0, timeout_ms)
    except StoreAway:
        raise
    except StoreError as error:
        if "appendonly is disabled" in str(error):
            return False
        if "unknown command" not in str(error):
            raise
        return None if session.call("INFO", "persistence").get("aof_enabled") else False
    if int(local) < 1:
        raise StoreAway(f"the server did not bring the write to its disk within {timeout_ms} ms")
    return True
