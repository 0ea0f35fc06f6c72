"""kill -9 of the store right after a change was answered: it is still so when the store is back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.servers import RunningServer, server_folder, start_server, valkey_binary
from weir.models.auth.records import ApiKey, Consumer
from weir.store.connect import connect
from weir.store.key_rotation import rotate_key
from weir.store.keys import Keys
from weir.store.record_kinds import CONSUMERS, KEYS
from weir.store.records import Records
from weir.store.revoked import Revoked
from weir.store.verifiers import read_verifier

HOUR_MS = 3_600_000


class Crashing:
    """A store as ``weir up`` has it, and what is asked of it before and after it was killed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.keys = folder, Keys("crash")
        self.server: RunningServer | None = None
        self.start()

    def start(self) -> None:
        options = ("--appendonly", "yes", "--appendfsync", "everysec")
        self.server = start_server(self.folder, valkey_binary(), *options)
        self.client = connect(self.server.url, timeout_s=10.0)
        self.records = Records(self.client, self.keys, KEYS)

    def kill(self) -> None:
        assert self.server is not None
        self.server.kill()
        self.client.close()
        self.start()

    def works(self, id_: str) -> bool:
        with self.client.session(self.keys.head()) as session:
            return read_verifier(session, self.keys, "key", id_)[0] is not None


def key(id_: str) -> ApiKey:
    return ApiKey(id=id_, consumer="alice", hash="00", created_ms=1)


@pytest.fixture
def store() -> Iterator[Crashing]:
    with server_folder() as folder:
        made = Crashing(folder)
        assert (
            Records(made.client, made.keys, CONSUMERS).create(Consumer(name="alice", created_ms=1))
            == "created"
        )
        yield made
        made.client.close()
        assert made.server is not None
        made.server.stop()


def test_what_was_shown_revoked_or_rotated_just_before_the_crash_still_is(store: Crashing) -> None:
    assert store.records.create(key("shown")) == "created"
    store.kill()
    assert store.works("shown")
    assert store.records.remove("shown") == "removed"
    store.kill()
    assert not store.works("shown")
    assert store.records.create(key("old")) == "created"
    assert rotate_key(store.client, store.keys, "old", key("new"), 0) == "rotated"
    store.kill()
    assert (store.works("old"), store.works("new")) == (False, True)
    assert Revoked(store.client, store.keys).add("jti", int(time.time()) + 3600) == "revoked"
    store.kill()
    assert set(Revoked(store.client, store.keys).ends(["jti"])) == {"jti"}
    assert Records(store.client, store.keys, CONSUMERS).remove("alice") == "removed"
    store.kill()
    assert not store.works("new")
    assert store.records.count() == 0


def test_a_removal_that_is_tried_again_waits_for_the_disk_too(store: Crashing) -> None:
    """The first try may have been cut off before its wait: "missing" is only said of what is gone for good."""
    store.records.create(key("k"))
    assert store.records.remove("k") == "removed"
    assert store.records.remove("k") == "missing"
    store.kill()
    assert not store.works("k")
