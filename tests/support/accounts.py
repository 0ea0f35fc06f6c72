"""The admin API in process, over a real store, with a key ring: for tests of consumers, credentials, clients, users."""

from __future__ import annotations

import secrets
from typing import Any

from tests.support.admin import admin_app
from weir.api.operation import Role
from weir.secrets.ring import KeyRing
from weir.secrets.ring_file import RingKey
from weir.store.connect import Client
from weir.store.feed import Feed
from weir.store.keys import Keys

API = "/api/v1"
NEW = {"If-None-Match": "*"}
ANY = {"If-Match": "*"}


def ring() -> KeyRing:
    return KeyRing([RingKey(id="k1", purpose="store", key=secrets.token_bytes(32), created_ms=1)])


class Accounts:
    """Calls by somebody of a role; ``noted`` is the audit log."""

    def __init__(self, client: Client, role: Role = "admin", *, with_ring: bool = True) -> None:
        from admin_api.services import services_of

        self.services = services_of(client, Keys("test"), ring=ring() if with_ring else None)
        self.http = admin_app(client, role, services=self.services)

    @property
    def noted(self) -> list[Any]:
        return self.http.noted  # type: ignore[no-any-return]

    def call(self, method: str, path: str, json: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.open(API + path, method=method, json=json, headers=named)

    def ok(self, method: str, path: str, json: Any = None, **headers: str) -> Any:
        """The body of a success."""
        answer = self.call(method, path, json, **headers)
        assert answer.status_code in (200, 201, 204), answer.text
        return answer.json if answer.data else None

    def consumer(self, name: str, **body: Any) -> Any:
        return self.ok("PUT", f"/consumers/{name}", body, If_None_Match="*")

    def key(self, consumer: str, **body: Any) -> Any:
        return self.ok("POST", f"/consumers/{consumer}/keys", body)

    def changes(self, client: Client) -> list[str]:
        """What nodes are told, as topic and id."""
        return [f"{each.topic} {each.id}" for each in Feed(client, Keys("test")).poll(0).entries]
