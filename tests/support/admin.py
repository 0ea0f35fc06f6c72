"""The admin API in process, over a real store, as somebody of a chosen role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Request
from flask.testing import FlaskClient

from admin_api.app import create_app
from admin_api.call import ANONYMOUS, Handler, Identity
from admin_api.handlers.table import HANDLERS
from admin_api.hosts import Hosts
from admin_api.services import Services, services_of
from weir.api.audit import AuditEntry
from weir.api.operation import Operation, Role
from weir.api.operations import OPERATIONS
from weir.store.connect import Client
from weir.store.keys import Keys

HOST = "localhost"
"""Of every call of the test client."""


class AlwaysAs:
    """Access without credentials: everybody is the same person."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity

    def identify(self, request: Request, address: str, *, changes: bool) -> Identity:
        return self.identity


class Noted:
    """A journal that keeps what it is told."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []

    def note(self, entry: AuditEntry) -> None:
        self.entries.append(entry)


class AdminClient(FlaskClient):
    """Flask's test client; ``app.config`` has what the application was made of: SERVICES, ACCESS, JOURNAL.

    ``client.put("/api/v1/rules/a", json=…, headers={"If-Match": …})`` gives a response with ``status_code``,
    ``json``, ``text``, ``headers``.
    """

    @property
    def noted(self) -> list[AuditEntry]:
        entries: list[AuditEntry] = self.application.config["JOURNAL"].entries
        return entries


def admin_app(
    client: Client,
    role: Role | None = "admin",
    *,
    keys: Keys | None = None,
    services: Services | None = None,
    operations: Iterable[Operation] = OPERATIONS,
    handlers: Mapping[str, Handler] = HANDLERS,
) -> Any:
    """An ``AdminClient`` over the store behind ``client``, as a token named "tester" with ``role`` (None: nobody)."""
    identity = ANONYMOUS if role is None else Identity("tester", role, "token", "t1")
    made = services or services_of(client, keys or Keys("test"))
    journal = Noted()
    app = create_app(made, AlwaysAs(identity), Hosts(frozenset({HOST})), journal, operations, handlers)
    app.config.update(SERVICES=made, JOURNAL=journal)
    app.test_client_class = AdminClient
    return app.test_client()
