"""Backups of a busy store: whole, consistent, and without what is good for moments only."""

from __future__ import annotations

import io
import threading

import pytest

from tests.support.servers import RunningServer
from weir.models.auth.records import ApiKey, Consumer
from weir.rules.parser import parse
from weir.store.backup import Backup, EmptyStore, Overtaken
from weir.store.backup_file import Entry, entries, verify
from weir.store.connect import Client, connect
from weir.store.drains import Drains
from weir.store.health import Member
from weir.store.keys import Keys
from weir.store.nodes import NodeRecord, Nodes
from weir.store.publish import Draft, Publisher
from weir.store.record_bytes import encode_record, index_members
from weir.store.record_kinds import CONSUMERS
from weir.store.records import Records
from weir.store.versions import Versions, decode_manifest, digest_of


class Editor:
    """Publishes one version after the other."""

    def __init__(self, client: Client, keys: Keys, history: int = 100) -> None:
        self._publisher, self.number = Publisher(client, keys, history=history), 0

    def publish(self) -> None:
        rules = "\n".join(
            f'rule r{each} {{ when path == "/{self.number}/{each}"; respond 200 "one" }}'
            for each in range(300)
        )
        draft = Draft(owner="api", base=self.number, author="ann")
        self.number = self._publisher.publish(draft, parse(rules).document).number


def frames(data: bytes) -> list[Entry]:
    file = io.BytesIO(data)
    verify(file)
    file.seek(0)
    return list(entries(file))


def fields(found: list[Entry], key: str) -> dict[bytes | str, bytes]:
    """Of a hash, from all of its frames."""
    said: dict[bytes | str, bytes] = {}
    for entry in found:
        if entry.key == key and entry.type == "hash":
            said |= dict(zip(entry.items[::2], entry.items[1::2], strict=True))
        elif entry.key == key and entry.type == "forget":
            for field in entry.items:
                del said[field]
    return said


def check_consistent(found: list[Entry]) -> int:
    """The current version, after a look at all that must fit together."""
    head = fields(found, "{control}:head")
    versions = {int(each): data for each, data in fields(found, "{control}:versions").items()}
    number = int(head[b"number"])
    assert max(versions) == number
    assert digest_of(versions[number]) == head[b"digest"].decode()
    references: dict[str, int] = {}
    for data in versions.values():
        for each in {each for hashes in decode_manifest(data).chunks.values() for each in hashes}:
            references[each] = references.get(each, 0) + 1
    assert {
        str(each): int(count) for each, count in fields(found, "{control}:chunk-references").items()
    } == references
    assert fields(found, "{control}:chunks").keys() == references.keys()
    assert all(int(each) <= number for each in fields(found, "{control}:publish-ids").values())
    return number


@pytest.fixture
def editor(client: Client, keys: Keys) -> Editor:
    made = Editor(client, keys)
    made.publish()
    return made


def test_a_backup_has_every_version_and_everything_durable(
    editor: Editor, client: Client, keys: Keys, server: RunningServer
) -> None:
    editor.publish()
    Drains(client, keys).drain(Member("api/u", "http://a"), 60_000)
    Nodes(client, keys).announce(NodeRecord(name="n1"))
    admin = server.admin()
    admin.xadd(keys.audit(), {"entry": b"x"})
    admin.hset(keys.limit_quota("t", 0), "g:n1", 5)
    admin.pexpire(keys.limit_quota("t", 0), 60_000)
    admin.set(keys.limit_level("t", 1000), "1 2")
    admin.zadd(keys.usage_last(), {"rfile/a": 17})
    found = frames(b"".join(Backup(client, client, keys).stream()))
    assert check_consistent(found) == 2
    assert {entry.key for entry in found} == {
        *(
            f"{{control}}:{each}"
            for each in ("head", "versions", "chunks", "chunk-references", "publish-ids")
        ),
        *("{control}:audit", "{control}:drains", "{t}:quota:0", "{usage}:last"),
    }
    quota = next(entry for entry in found if entry.key == "{t}:quota:0")
    assert quota.expires_ms > 0
    assert found[-1].key == "{control}:head", "the last word"


def test_a_backup_of_a_store_into_which_others_publish_is_consistent(
    editor: Editor, client: Client, keys: Keys, server: RunningServer
) -> None:
    stop = threading.Event()
    other = connect(server.url, timeout_s=10.0)
    busy = Editor(other, keys, history=3)
    busy.number = editor.number

    def publish() -> None:
        while not stop.is_set():
            busy.publish()

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        numbers = [
            check_consistent(frames(b"".join(Backup(client, client, keys).stream()))) for _ in range(8)
        ]
    finally:
        stop.set()
        thread.join()
        other.close()
    assert numbers == sorted(numbers)


def test_a_version_that_leaves_the_history_while_it_is_read_leaves_nothing_behind(
    editor: Editor, client: Client, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The head's version is gone at the first look at its chunks; a newer one is there at the next."""
    short, read = Editor(client, keys, history=1), Versions.fetch_chunks
    short.number = editor.number
    seen: list[int] = []

    def fetch(versions: Versions, hashes: list[str]) -> dict[str, bytes]:
        seen.append(1)
        if len(seen) == 1:
            found = read(versions, hashes[:1])
            short.publish()
            monkeypatch.setattr("weir.store.backup.BATCH", 32)
            return found
        return read(versions, hashes)

    monkeypatch.setattr("weir.store.backup.BATCH", 1)
    monkeypatch.setattr(Versions, "fetch_chunks", fetch)
    found = frames(b"".join(Backup(client, client, keys).stream()))
    assert check_consistent(found) == 2
    assert [entry.type for entry in found if entry.key == "{control}:chunks"][-1] == "forget"


def test_versions_that_leave_faster_than_they_are_read_are_given_up(
    editor: Editor, client: Client, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    short, read = Editor(client, keys, history=1), Versions.manifest_bytes
    short.number = editor.number

    def late(versions: Versions, number: int) -> bytes | None:
        short.publish()
        return read(versions, number)

    monkeypatch.setattr(Versions, "manifest_bytes", late)
    with pytest.raises(Overtaken, match="5 versions in turn"):
        list(Backup(client, client, keys).stream())


def test_an_empty_store_has_no_backup(client: Client, keys: Keys) -> None:
    with pytest.raises(EmptyStore, match="nothing was published"):
        next(Backup(client, client, keys).stream())


def test_records_come_with_their_index_as_it_is_for_the_records_that_were_read(
    editor: Editor, client: Client, keys: Keys
) -> None:
    """Removed between the two, a record would be in one of them only."""
    Records(client, keys, CONSUMERS).create(Consumer(name="alice", created_ms=1))
    ids = [str(number) for number in range(700)]
    pairs = [
        value
        for id_ in ids
        for value in (
            id_.encode(),
            encode_record(ApiKey(id=id_, consumer="alice", hash="00", created_ms=1)),
        )
    ]
    client.call("HSET", keys.records("keys"), *pairs)
    client.call(
        "ZADD",
        keys.record_index("keys"),
        *(each for member, _ in index_members(pairs) for each in (0, member)),
    )
    found, known = [], set()
    stream = Backup(client, client, keys)._entries()
    for entry in stream:
        found.append(entry)
        if entry.key == "{control}:records:keys" and not known:
            known = set(entry.items[::2])
            Records(client, keys, CONSUMERS).remove("alice")
    records = fields(found, "{control}:records:keys")
    index = [
        member for entry in found if entry.key == "{control}:record-index:keys" for member in entry.items[::2]
    ]
    assert known <= set(records)
    assert sorted(index) == sorted([b"i" + id_ for id_ in records] + [b"oalice\0" + id_ for id_ in records])
