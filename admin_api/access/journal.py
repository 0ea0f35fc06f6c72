"""The journal behind the dispatcher: the audit log in the store, and this process's own log where that fails."""

from __future__ import annotations

import logging

import msgspec

from weir.api.audit import AuditEntry
from weir.store.audit import Audit
from weir.store.errors import StoreError
from weir.store.login_throttle import counted_as

REFUSED = (401, 403, 429)
"""What somebody without the right gets; of one address one such entry a second is kept."""

log = logging.getLogger("weir.admin.audit")


class AuditJournal:
    """``dispatch.Journal`` over the store."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    def note(self, entry: AuditEntry) -> None:
        try:
            self._audit.append(entry, refused_to=counted_as(entry.address) if entry.status in REFUSED else "")
        except StoreError as error:
            # What was done is done; it must not be lost that it was.
            log.error("not in the audit log (%s): %s", error, msgspec.json.encode(entry).decode())
