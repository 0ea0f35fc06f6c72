"""What is revoked is refused by every worker of two nodes within a second; timed, so with nothing else running."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.support.auth_server import AuthProcess, made_client
from tests.support.credentials import request
from tests.support.raw_client import RawClient
from tests.support.servers import RunningServer, server_folder, start_server, valkey_binary
from tests.support.wait import wait_until
from tests.support.weir_edge import WeirEdge
from weir.models.auth.records import ApiKey, Consumer
from weir.models.auth.secret_text import new_secret
from weir.store.connect import connect
from weir.store.keys import Keys
from weir.store.record_kinds import CONSUMERS, KEYS
from weir.store.records import Records

pytestmark = pytest.mark.chaos

WORKERS = 2
WITHIN_S = 1.0
TIMES = 5
RULES = """
rule keys { when path == "/key"; require key; respond 200 "key" }
rule tokens { when path == "/token"; require token; respond 200 "token" }
"""


class Worker(NamedTuple):
    """One that is known by the beginning of its request ids, on a connection that stays open."""

    node: str
    id: str
    client: RawClient

    def status(self, path: str, credential: str) -> int:
        wire = request(path, f"Authorization: Bearer {credential}")
        return self.client.send(wire).response().status


class Cluster:
    def __init__(self, folder: Path, store: RunningServer, stack: ExitStack) -> None:
        client, keys = connect(store.url), Keys("default")
        stack.callback(client.close)
        self.keys = Records(client, keys, KEYS)
        consumers = Records(client, keys, CONSUMERS)
        assert consumers.create(Consumer(created_ms=1, name="acme")) == "created"
        self.who = {
            kind: made_client(client, kind, keys, opaque=kind == "opaque") for kind in ("jwt", "opaque")
        }
        (folder / "auth").mkdir()
        self.auth = AuthProcess(folder / "auth", store.url, cluster="default")
        stack.callback(self.auth.close)
        rules = folder / "rules.weir"
        rules.write_text(RULES)
        flags = ("--redis", store.url, "--config", str(rules), "--workers", str(WORKERS))
        nodes = {name: WeirEdge(folder / name, *flags, "--node", name) for name in ("n1", "n2")}
        for node in nodes.values():
            stack.callback(node.stop)
        self.workers = [worker for name, node in nodes.items() for worker in workers_of(name, node, stack)]

    def key(self) -> str:
        secret = new_secret("weir")
        record = ApiKey(created_ms=1, id=secret.id, consumer="acme", hash=secret.hash())
        assert self.keys.create(record) == "created"
        return secret.text()

    def token(self, kind: str) -> str:
        return str(self._form("token", kind, grant_type="client_credentials")["access_token"])

    def _form(self, endpoint: str, kind: str, **form: str) -> dict[str, object]:
        record, secret = self.who[kind]
        answer = self.auth.call("POST", f"/oauth2/{endpoint}", data=form, auth=(record.id, secret))
        assert answer.status_code == 200, answer.text
        found: dict[str, object] = answer.json() if answer.content else {}
        return found

    def revoke_key(self, text: str) -> None:
        assert self.keys.remove(text.split("_")[1]) == "removed"

    def revoke_token(self, kind: str) -> Callable[[str], None]:
        def revoke(text: str) -> None:
            self._form("revoke", kind, token=text)

        return revoke

    def until_refused(self, path: str, credential: str, revoke: Callable[[str], None]) -> float:
        """Seconds from when the revocation was answered until the last worker answered 401."""
        wait_until(lambda: self._statuses(path, credential) == {200}, what="every worker takes it")
        revoke(credential)
        answered = time.monotonic()
        wait_until(lambda: self._statuses(path, credential) == {401}, what="every worker refuses it")
        seconds = time.monotonic() - answered
        assert self._statuses(path, credential) == {401}
        return seconds

    def _statuses(self, path: str, credential: str) -> set[int]:
        return {worker.status(path, credential) for worker in self.workers}


def workers_of(name: str, node: WeirEdge, stack: ExitStack) -> list[Worker]:
    """All of a node's, found by asking on new connections."""
    port = urlsplit(node.wait_ready()["edge"][0]).port or 0
    found: dict[str, Worker] = {}

    def look() -> bool:
        client = stack.enter_context(RawClient(port))
        id_ = (client.send(request("/key")).response().header("X-Request-Id") or "")[:16]
        found.setdefault(id_, Worker(name, id_, client))
        return len(found) == WORKERS

    wait_until(look, what=f"{WORKERS} workers of {name}")
    return list(found.values())


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with server_folder() as folder, ExitStack() as stack:
        store = start_server(folder / "store", valkey_binary(), "--appendonly", "yes")
        stack.callback(store.stop)
        yield Cluster(folder, store, stack)


def test_every_worker_of_both_nodes_is_asked(cluster: Cluster) -> None:
    assert [worker.node for worker in cluster.workers] == ["n1", "n1", "n2", "n2"]
    assert len({worker.id for worker in cluster.workers}) == 2 * WORKERS


@pytest.mark.parametrize("kind", ["key", "jwt", "opaque"])
def test_a_revoked_credential_is_refused_by_every_worker_of_two_nodes_within_a_second(
    cluster: Cluster, kind: str
) -> None:
    seconds = []
    for _ in range(TIMES):
        if kind == "key":
            seconds.append(cluster.until_refused("/key", cluster.key(), cluster.revoke_key))
        else:
            token = cluster.token(kind)
            seconds.append(cluster.until_refused("/token", token, cluster.revoke_token(kind)))
    assert max(seconds) < WITHIN_S, seconds
