"""Reading the audit log. Nothing writes it but the dispatcher's journal, and nothing deletes from it."""

from __future__ import annotations

from admin_api.call import Answer, Call, Handler
from admin_api.problems import Refusal
from weir.api.audit import AuditPage


def search(call: Call) -> Answer:
    try:
        items, after = call.services.audit.search(call.query)
    except ValueError as error:
        raise Refusal(400, "invalid-query", f"{error}.") from error
    return Answer(AuditPage(items=items, next=after))


HANDLERS: dict[str, Handler] = {"audit.list": search}
