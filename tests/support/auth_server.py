"""The authorization server: in process over a real store, or a real ``weir auth``; and clients of it, made straight
into the store."""

from __future__ import annotations

import base64
import hmac
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from auth.app import create_app
from auth.metrics import AuthMetrics
from auth.services import Services, Site, services_of
from tests.support.store_roles import as_role
from tests.support.wait import wait_until
from tests.support.weir_up import WITHIN_S, environment
from weir.models.auth.records import OAuthClient, User
from weir.models.auth.secret_text import new_secret
from weir.processes import run_file
from weir.processes.ports import Address
from weir.secrets.ring import KeyRing
from weir.secrets.ring_file import PURPOSES, ensure_ring, new_key
from weir.serving.hosts import hosts_of
from weir.store.connect import Client
from weir.store.keys import Keys
from weir.store.oauth.families import new_family
from weir.store.record_kinds import CLIENTS, USERS
from weir.store.records import Records

ISSUER = "http://127.0.0.1:8002"
DAY_S = 86_400.0


def made_client(store: Client, name: str, keys: Keys | None = None, **fields: Any) -> tuple[OAuthClient, str]:
    """A client called ``name``, and its secret's text (empty where it has none)."""
    auth = fields.get("auth", "client_secret_basic")
    secret = new_secret("weirc") if auth.startswith("client_secret") else None
    record = OAuthClient(
        id=name,
        name=name,
        hash=secret.hash() if secret else "",
        created_ms=fields.pop("created_ms", 1),
        **fields,
    )
    done = Records(store, keys or Keys("test"), CLIENTS).create(record)
    assert done == "created"
    return record, secret.text() if secret else ""


def made_user(store: Client, name: str, keys: Keys | None = None, **fields: Any) -> User:
    user = User(name=name, password=fields.pop("password", "-"), created_ms=1, **fields)
    assert Records(store, keys or Keys("test"), USERS).create(user) == "created"
    return user


class InProcessAuth:
    """``post("/oauth2/token", client, form)`` answers with Flask's test response."""

    def __init__(
        self,
        store: Client,
        *,
        rotation_s: float = 30 * DAY_S,
        ring: KeyRing | None = None,
        issuer: str = ISSUER,
        metrics: AuthMetrics | None = None,
    ) -> None:
        self.store = store
        self.ring = ring or KeyRing([new_key(purpose) for purpose in PURPOSES])
        self.services: Services = services_of(
            store,
            Keys("test"),
            self.ring,
            Site(issuer=issuer, hosts=hosts_of(Address("127.0.0.1", 8002), flag="--public-url")),
            rotation_s=rotation_s,
            metrics=metrics,
        )
        self.app = create_app(self.services)

    def get(self, path: str, **named: Any) -> Any:
        return self.call("GET", path, **named)

    def call(self, method: str, path: str, **named: Any) -> Any:
        headers = {"Host": "127.0.0.1:8002"} | named.pop("headers", {})
        return self.app.test_client(use_cookies=False).open(path, method=method, headers=headers, **named)

    def post(self, path: str, who: tuple[OAuthClient, str], form: Any = (), **named: Any) -> Any:
        """As the client that ``made_client`` made, in its own way but for ``private_key_jwt``."""
        record, secret = who
        fields = list(form.items()) if isinstance(form, dict) else list(form)
        if record.auth == "client_secret_basic":
            named["auth"] = (record.id, secret)
        elif record.auth == "client_secret_post":
            fields += [("client_id", record.id), ("client_secret", secret)]
        else:
            fields.append(("client_id", record.id))
        return self.call("POST", path, data=body_of(fields), content_type=FORM, **named)

    def token(self, who: tuple[OAuthClient, str], **form: str) -> Any:
        return self.post("/oauth2/token", who, {"grant_type": "client_credentials", **form})

    def refreshable(self, record: OAuthClient, user: str = "alice", **fields: Any) -> dict[str, Any]:
        """A token response with a refresh token, as after a person let the client in."""
        from auth.tokens.granted import Granted

        granted = Granted(
            client=record,
            subject=user,
            scopes=fields.pop("scopes", record.scopes),
            audiences=fields.pop("audiences", record.audiences or (self.services.issuer,)),
            family=fields.pop("family", None) or new_family(),
            **fields,
        )
        return self.services.tokens.issue(granted, refresh=True)

    def refresh(self, who: tuple[OAuthClient, str], token: str, **form: str) -> Any:
        return self.post(
            "/oauth2/token", who, {"grant_type": "refresh_token", "refresh_token": token, **form}
        )

    def is_active(self, who: tuple[OAuthClient, str], token: str) -> bool:
        active: bool = self.post("/oauth2/introspect", who, {"token": token}).json["active"]
        return active


FORM = "application/x-www-form-urlencoded"


def body_of(fields: list[tuple[str, str]]) -> bytes:
    return str(httpx.QueryParams(fields)).encode()


class AuthProcess:
    """A real ``weir auth`` over the store at ``store_url``, on a free port."""

    def __init__(
        self, state: Path, store_url: str, *extra: str, cluster: str = "test", secrets: Path | None = None
    ) -> None:
        self.state = state
        self.secrets = secrets or state / "secrets.json"
        if secrets is None:
            ensure_ring(self.secrets)
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        self._http = httpx.Client(timeout=60)
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "auth", "--state", str(state)),
                *("--redis", as_role(store_url, "auth")),
                *("--cluster", cluster, "--secrets", str(self.secrets), "--auth", "127.0.0.1:0", *extra),
            ],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env=environment(),
        )
        try:
            wait_until(self._is_ready, within_s=WITHIN_S, what="weir auth")
        except BaseException:
            self.close()
            raise

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, (
            f"weir auth ended with {self.process.returncode}:\n{self.output()}"
        )
        return (run_file.read(self.state / "auth" / "run.json") or {}).get("pid") == self.process.pid

    @property
    def url(self) -> str:
        content = run_file.read(self.state / "auth" / "run.json")
        assert content is not None
        return str(content["auth"])

    def call(self, method: str, path: str, **named: Any) -> httpx.Response:
        return self._http.request(method, self.url + path, **named)

    def output(self) -> str:
        """Everything printed so far, access log included."""
        return os.pread(self._log.fileno(), 1 << 22, 0).decode()

    def close(self) -> None:
        """Gracefully; leaves nothing behind, whatever the test found."""
        self._http.close()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=WITHIN_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._log.close()


def hs256(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    """A JWT signed with any bytes, which libraries refuse where they are a public key."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", **header}, claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    mac = base64.urlsafe_b64encode(hmac.digest(secret, signed, "sha256")).rstrip(b"=")
    return (signed + b"." + mac).decode()


def now_s() -> int:
    return int(time.time())
