"""A backup loaded elsewhere: another store, other processes, the same key ring. Credentials still work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import http_message_signatures
import httpx
import pytest
import requests

from tests.support.admin import AdminProcess
from tests.support.servers import RunningServer, server_folder, start_server, valkey_binary
from tests.support.wait import wait_until
from tests.support.weir_command import Commands
from tests.support.weir_up import WeirUp

pytestmark = pytest.mark.chaos

ISSUER = "http://127.0.0.1:9"
"""The same name for both authorization servers, as one behind a balancer has it."""
RULES = """
language 1

rule keys { when path == "/key"; require key; respond 200 "key" }
rule logins { when path == "/basic"; require basic; respond 200 "basic" }
rule signed { when path == "/hmac"; require hmac; respond 200 "hmac" }
rule tokens { when path == "/token"; require token; respond 200 "token" }
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with server_folder() as directory:
        yield directory


@pytest.fixture
def other_store(folder: Path) -> Iterator[RunningServer]:
    server = start_server(folder / "store", valkey_binary(), "--appendonly", "yes")
    yield server
    server.stop()


class Credentials:
    """Of alice, and of nobody any more."""

    def __init__(self, weir: Commands, folder: Path) -> None:
        rules = folder / "rules.weir"
        rules.write_text(RULES)
        for command in (("apply", str(rules), "--yes"), ("consumer", "create", "alice")):
            assert weir.run(*command).code == 0
        self.key = weir.run("key", "create", "alice", "--json").json["secret"]
        self.revoked = weir.run("key", "create", "alice", "--json").json
        assert weir.run("key", "revoke", self.revoked["key"]["id"]).code == 0
        assert weir.run("consumer", "password", "alice", "al", stdin="correct horse battery\n").code == 0
        self.signing: dict[str, Any] = weir.run("consumer", "hmac", "alice", "--json").json
        self.client = weir.run(
            "client", "create", "app", "--for", "service", "--consumer", "alice", "--json"
        ).json

    def token(self, auth: str) -> str:
        found = httpx.post(
            f"{auth}/oauth2/token",
            auth=(self.client["client"]["client_id"], self.client["client_secret"]),
            data={"grant_type": "client_credentials"},
        )
        assert found.status_code == 200, found.text
        token: str = found.json()["access_token"]
        return token

    def answers(self, edge: str, tokens: list[str]) -> dict[str, int]:
        """The status for each."""

        def get(path: str, **named: Any) -> int:
            return httpx.get(edge + path, **named).status_code

        return {
            "key": get("/key", headers={"X-API-Key": self.key}),
            "revoked": get("/key", headers={"X-API-Key": self.revoked["secret"]}),
            "basic": get("/basic", auth=("al", "correct horse battery")),
            "hmac": self.signed(edge + "/hmac"),
            **{
                f"token {n}": get("/token", headers={"Authorization": f"Bearer {t}"})
                for n, t in enumerate(tokens)
            },
        }

    def signed(self, url: str) -> int:
        secret = self.signing["secret"].encode()

        class Resolver(http_message_signatures.HTTPSignatureKeyResolver):
            def resolve_private_key(self, key_id: str) -> bytes:
                return secret

            def resolve_public_key(self, key_id: str) -> bytes:
                return secret

        request = requests.Request("GET", url).prepare()
        http_message_signatures.HTTPMessageSigner(
            signature_algorithm=http_message_signatures.algorithms.HMAC_SHA256, key_resolver=Resolver()
        ).sign(
            request,
            key_id=self.signing["key"]["id"],
            covered_component_ids=("@method", "@authority", "@target-uri"),
        )
        return requests.Session().send(request, timeout=30).status_code


def expected(tokens: int) -> dict[str, int]:
    return {
        "key": 200,
        "revoked": 401,
        "basic": 200,
        "hmac": 200,
        **{f"token {n}": 200 for n in range(tokens)},
    }


def test_the_same_keys_logins_signatures_clients_and_tokens_work(
    folder: Path, other_store: RunningServer
) -> None:
    here, ring, file = folder / "a", folder / "a" / "secrets.json", folder / "weir.backup"
    first = WeirUp(here, "--no-demo", "--public-url", ISSUER)
    try:
        first.ready()
        weir = Commands(here, folder / "home")
        shown = Credentials(weir, folder)
        tokens = [shown.token(first.addresses["auth"])]
        assert shown.answers(first.url, tokens) == expected(1)
        assert weir.run("backup", str(file)).code == 0
    finally:
        first.close()
    admin = AdminProcess(folder / "admin", other_store.url, cluster="default")
    try:
        there = Commands(folder / "none", folder / "home")
        there.variables |= {"WEIR_ADMIN_URL": admin.url, "WEIR_TOKEN": admin.token}
        restored = there.run("backup", "--restore", str(file), "--yes", "--json")
        assert restored.code == 0, restored
        assert there.run("secret", "check", "--redis", other_store.url, "--secrets", str(ring)).code == 0
    finally:
        admin.close()
    second = WeirUp(
        folder / "b", "--no-demo", "--public-url", ISSUER, "--redis", other_store.url, "--secrets", str(ring)
    )
    try:
        second.ready()
        tokens.append(shown.token(second.addresses["auth"]))
        wait_until(lambda: second.get("/nothing")[0] == 404, what="the rules")
        assert shown.answers(second.url, tokens) == expected(2)
    finally:
        second.close()
