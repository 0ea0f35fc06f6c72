"""The store dies at every command of a publish: the old version is current or the new one, and nobody was told a lie.

Real kills (SIGKILL) of a real server that keeps an append-only file, before a command reaches it and after it was
carried out but before its answer arrives; then the server comes back from its disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.admin import admin_app
from tests.support.servers import RunningServer, server_folder, start_server
from weir.store.connect import Client, Session, connect

TEXT = {"Content-Type": "text/plain"}
OLD, NEW = "rule old { respond 200 }\n", "rule new { respond 200 }\n"
MOST_COMMANDS = 40
"""More than any write sends."""


class Store:
    """A server that is killed at one command of those that the code under test sends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.server = self._start()
        self.count = 0
        self.at = 0
        self.is_after = False

    def _start(self) -> RunningServer:
        return start_server(self._folder, None, "--appendonly", "yes", "--appendfsync", "everysec")

    def arm(self, at: int, is_after: bool) -> None:
        """Kill at the ``at``-th command from now; 0 never."""
        self.count, self.at, self.is_after = 0, at, is_after

    def has_struck(self) -> bool:
        return 0 < self.at <= self.count

    def come_back(self) -> None:
        if self.server.process.poll() is not None:
            self.server = self._start()
        self.at = 0

    def call(self, session: Session, command: tuple[str | int | bytes, ...]) -> object:
        self.count += 1
        is_now = self.count == self.at
        if is_now and not self.is_after:
            self.server.kill()
        answer = _WHOLE(session, command)
        if is_now:
            self.server.kill()
            raise redis.ConnectionError("the server is gone before its answer came")
        return answer


_WHOLE = Session._call


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    with server_folder() as folder:
        store = Store(folder)

        def call(session: Session, command: tuple[str | int | bytes, ...]) -> object:
            return store.call(session, command)

        monkeypatch.setattr(Session, "_call", call)
        yield store
        store.server.stop()


@pytest.fixture
def client(store: Store) -> Iterator[Client]:
    client = connect(store.server.url, timeout_s=10.0)
    yield client
    client.close()


def text_of(api: FlaskClient) -> str:
    response = api.get("/api/v1/config", headers={"Accept": "text/plain"})
    assert response.status_code == 200, response.text
    return response.text.removeprefix("language 1\n\n")


def current(api: FlaskClient) -> int:
    return int(api.get("/api/v1/versions").json["items"][0]["number"])


class Write:
    """One kind of write: from ``OLD`` and back, with what it needs to be repeated."""

    def __init__(self, api: FlaskClient, kind: str) -> None:
        self._api = api
        self._kind = kind

    def prepare(self) -> None:
        """``OLD`` is current, and a version with ``NEW`` lies behind it."""
        for text in (NEW, OLD):
            response = self._api.put("/api/v1/config", data=text, headers=TEXT | {"If-Match": "*"})
            assert response.status_code == 200, response.text
        self._number = current(self._api)
        self._tag = self._api.get("/api/v1/config").headers["ETag"]

    def send(self, publish_id: str) -> TestResponse:
        if self._kind == "config":
            return self._api.put(
                f"/api/v1/config?publish_id={publish_id}", data=NEW, headers=TEXT | {"If-Match": self._tag}
            )
        if self._kind == "rule":
            return self._api.delete(f"/api/v1/rules/old?publish_id={publish_id}", headers={"If-Match": "*"})
        return self._api.post(
            f"/api/v1/versions/{self._number - 1}/restore?publish_id={publish_id}",
            headers={"If-Match": self._tag},
        )

    @property
    def old(self) -> str:
        return OLD

    @property
    def new(self) -> str:
        return "language 1\n" if self._kind == "rule" else NEW


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("kind", ["config", "rule", "restore"])
@pytest.mark.xdist_group("heavy")
def test_a_store_that_dies_at_any_command_leaves_one_of_two_versions_and_the_truth(
    store: Store, client: Client, kind: str, is_after: bool
) -> None:
    told: list[str] = []
    for at in range(1, MOST_COMMANDS):
        store.arm(0, is_after)
        api: FlaskClient = admin_app(client, "editor")  # knows nothing of the rounds before
        write = Write(api, kind)
        write.prepare()
        before = current(api)
        store.arm(at, is_after)
        response = write.send(f"{kind}-{at}")
        if not store.has_struck():
            assert response.json["outcome"] == "published"
            break
        store.come_back()
        now = text_of(api)
        assert now in (write.old, write.new)
        told.append(response.json.get("code", response.json.get("outcome")))
        check_truth(response, now, before, current(api), write)
        again = write.send(f"{kind}-{at}")
        assert again.json["outcome"] in ("published", "already-published"), again.text
        assert (text_of(api), current(api), again.json["number"]) == (write.new, before + 1, before + 1)
    else:
        pytest.fail("the write never ended")
    assert {"store-away", "outcome-unknown"} <= set(told), told


def check_truth(response: TestResponse, now: str, before: int, number: int, write: Write) -> None:
    """What the author was told is so."""
    if response.status_code == 200:
        assert (now, number) == (write.new, response.json["number"])
        return
    assert response.status_code == 503, response.text
    if response.json["code"] == "store-away":
        assert (now, number) == (write.old, before)
        return
    assert response.json["code"] == "outcome-unknown"
    assert response.json["publish_id"]
    assert response.json.get("check", 0) in (0, before + 1)
    assert number in (before, before + 1)
