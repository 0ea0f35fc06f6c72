"""The admin API: in process over a real store as somebody of a chosen role, or a real ``weir admin``."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx
from flask import Request
from flask.testing import FlaskClient

from admin_api.access.credentials import Credentials
from admin_api.access.identify import StoreAccess
from admin_api.access.journal import AuditJournal
from admin_api.app import create_app
from admin_api.call import ANONYMOUS, Handler, Identity
from admin_api.handlers.table import HANDLERS
from admin_api.pages import add_pages
from admin_api.services import Services, services_of
from tests.support.store_roles import as_role, flags_as
from tests.support.wait import wait_until
from tests.support.weir_up import WITHIN_S, environment
from weir.api.audit import AuditEntry, AuditQuery
from weir.api.operation import Operation, Role
from weir.api.operations import OPERATIONS
from weir.processes import run_file
from weir.serving.hosts import Hosts
from weir.store.access_tokens import AccessTokens
from weir.store.connect import Client, connect
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


class AdminProcess:
    """A real ``weir admin`` over the store at ``store_url``, on a free port, with an admin's token of its own.

    ``call("GET", "/api/v1/session")`` answers with status, headers and body.
    """

    def __init__(
        self, state: Path, store_url: str, *extra: str, cluster: str = "test", workers: int = 1
    ) -> None:
        self.state = state
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        arguments = ["--state", str(state), "--redis", as_role(store_url, "admin"), "--cluster", cluster]
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "admin_api", *arguments),
                *("--admin", "127.0.0.1:0", "--admin-workers", str(workers), *flags_as("admin", extra)),
            ],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env=environment(),
        )
        try:
            wait_until(self._is_ready, within_s=WITHIN_S, what="weir admin")
            self.token = self.make_token(store_url, cluster, "admin")
        except BaseException:
            self.close()
            raise

    def make_token(self, store_url: str, cluster: str, role: Role) -> str:
        """Straight into the store."""
        client = connect(store_url)
        made = AccessTokens(client, Keys(cluster)).make(f"test {role}", role, 3600, "test")
        client.close()
        assert not isinstance(made, str)
        return made[0].text()

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, (
            f"weir admin ended with {self.process.returncode}:\n{self.output()}"
        )
        return (run_file.read(self.state / "admin" / "run.json") or {}).get("pid") == self.process.pid

    @property
    def url(self) -> str:
        content = run_file.read(self.state / "admin" / "run.json")
        assert content is not None
        return str(content["admin"])

    def call(self, method: str, path: str, *, token: str | None = None, **named: Any) -> httpx.Response:
        """``token`` "" is nobody; ``named`` as httpx takes it: json, content, headers, params."""
        bearer = self.token if token is None else token
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        return httpx.request(
            method, self.url + path, headers=headers | named.pop("headers", {}), timeout=60, **named
        )

    def output(self) -> str:
        """Everything printed so far, access log included."""
        return os.pread(self._log.fileno(), 1 << 22, 0).decode()

    def close(self) -> None:
        """Gracefully; leaves nothing behind, whatever the test found."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=WITHIN_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._log.close()


class SecuredAdmin:
    """The API in process, with real access: tokens, sessions and the audit log of the store."""

    def __init__(self, client: Client, *, secure: bool = False, proxies: tuple[str, ...] = ()) -> None:
        self.services = services_of(client, Keys("test"), secure_cookies=secure)
        hosts = Hosts(frozenset({HOST}), secure=secure)
        parts = self.services
        credentials = Credentials(parts.tokens, parts.links, parts.throttle)
        access = StoreAccess(credentials, parts.sessions, secure=secure)
        journal = AuditJournal(parts.audit)
        self.app = create_app(parts, access, hosts, journal, proxies=proxies)
        add_pages(self.app, parts, journal)

    def browser(self) -> FlaskClient:
        """Keeps cookies."""
        return self.app.test_client()

    def token(self, role: Role = "admin", life_s: int = 3600) -> str:
        made = self.services.tokens.make(f"test {role}", role, life_s, "test")
        assert not isinstance(made, str)
        return made[0].text()

    def call(self, method: str, path: str, token: str = "", **named: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.app.test_client(use_cookies=False).open(
            path, method=method, headers=headers | named.pop("headers", {}), **named
        )

    def audited(self) -> list[AuditEntry]:
        """Newest first."""
        return list(self.services.audit.search(AuditQuery(limit=500))[0])
