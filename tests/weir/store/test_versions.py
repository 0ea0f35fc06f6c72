from __future__ import annotations

import msgspec
import pytest

from tests.support.servers import RunningServer
from weir.models.document import Document, Rule
from weir.models.rule_clauses import Respond
from weir.store.chunks import split
from weir.store.connect import Client
from weir.store.errors import ChunksGone, ChunkUnreadable, ManifestUnreadable, StoreError, VersionGone
from weir.store.keys import Keys
from weir.store.publish import Draft, Publisher
from weir.store.versions import Versions, decode_manifest, digest_of


def document(count: int) -> Document:
    return Document(
        definitions=tuple(Rule(name=f"r{n}", clauses=(Respond(status=200),)) for n in range(count))
    )


@pytest.fixture
def versions(client: Client, keys: Keys) -> Versions:
    return Versions(client, keys)


@pytest.fixture
def publisher(client: Client, keys: Keys) -> Publisher:
    return Publisher(client, keys, history=5)


def publish(publisher: Publisher, versions: int) -> None:
    for number in range(versions):
        publisher.publish(Draft(owner="file", base=number, author="alice"), document(number + 1))


def test_an_empty_store_has_no_head_no_history_and_empty_documents(versions: Versions) -> None:
    assert versions.head() is None
    assert versions.manifest(1) is None
    assert versions.history() == ()
    assert versions.document("file") == Document()
    assert versions.fetch_chunks(()) == {}


def test_the_head_names_the_current_manifest_by_its_digest(publisher: Publisher, versions: Versions) -> None:
    publish(publisher, 2)
    head, data = versions.head(), versions.manifest_bytes(2)
    assert head is not None
    assert data is not None
    assert head.digest == digest_of(data)
    assert decode_manifest(data).number == 2
    assert (head.owners["file"], head.owners["k8s"]) == (2, 0)


def test_the_history_is_read_newest_first_and_page_by_page(publisher: Publisher, versions: Versions) -> None:
    publish(publisher, 8)

    def numbers(limit: int, before: int | None = None) -> list[int]:
        return [manifest.number for manifest in versions.history(limit, before)]

    assert numbers(100) == [8, 7, 6, 5, 4]
    assert numbers(2) == [8, 7]
    assert numbers(2, before=7) == [6, 5]
    assert numbers(10, before=5) == [4]
    assert numbers(10, before=4) == []
    assert numbers(0) == []


def test_a_document_of_ten_thousand_rules_is_read_in_batches(
    client: Client, keys: Keys, versions: Versions
) -> None:
    whole = document(10_000)
    Publisher(client, keys).publish(Draft(owner="api", base=0, author="alice"), whole)
    assert versions.document("api") == whole


def test_an_older_document_is_read_by_its_number(publisher: Publisher, versions: Versions) -> None:
    publish(publisher, 6)
    assert versions.document("file", 3) == document(3)
    with pytest.raises(VersionGone, match="version 1 is not"):
        versions.document("file", 1)


def test_chunks_that_are_gone_are_named(publisher: Publisher, versions: Versions) -> None:
    publish(publisher, 1)
    (chunk,) = split(document(1))
    assert versions.fetch_chunks([chunk.hash, chunk.hash]) == {chunk.hash: chunk.data}
    with pytest.raises(ChunksGone) as gone:
        versions.fetch_chunks(["0" * 64, chunk.hash, "1" * 64])
    assert gone.value.hashes == ("0" * 64, "1" * 64)


def test_bytes_under_a_wrong_hash_are_not_believed(
    publisher: Publisher, versions: Versions, server: RunningServer, keys: Keys
) -> None:
    publish(publisher, 1)
    (chunk,) = split(document(1))
    server.admin().hset(keys.chunks(), chunk.hash, split(document(2))[0].data)
    with pytest.raises(ChunkUnreadable, match="other bytes under the hash"):
        versions.document("file")


def test_a_damaged_head_is_told(versions: Versions, server: RunningServer, keys: Keys) -> None:
    server.admin().hset(keys.head(), "number", "many")
    with pytest.raises(StoreError, match="head cannot be read"):
        versions.head()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "cannot be read"),
        (b"\xc1", "cannot be read"),
        (msgspec.msgpack.encode({"schema": 2}), "schema 2; this program reads up to 1"),
        (msgspec.msgpack.encode({"schema": 1, "number": "one"}), "cannot be read"),
        (msgspec.msgpack.encode({"number": 1}), "cannot be read"),
        (b"\x91" * 100_000, "cannot be read"),
    ],
)
def test_bytes_that_are_no_manifest_are_refused_with_one_sentence(data: bytes, says: str) -> None:
    with pytest.raises(ManifestUnreadable, match=says):
        decode_manifest(data)


def test_who_published_last_is_known_also_after_the_version_left_the_history(
    client: Client, keys: Keys, versions: Versions
) -> None:
    assert versions.last_publish("api") is None
    others = Publisher(client, keys, history=1)
    draft = Draft(owner="api", base=0, author="ann", message="why")
    others.publish(draft, document(1))
    others.publish(Draft(owner="file", base=0, author="bob"), document(2))
    assert versions.manifest(1) is None
    last = versions.last_publish("api")
    assert last is not None
    assert (last.author, last.message, last.time_ms > 0) == ("ann", "why", True)
    client.call("HSET", keys.head(), "publish:api", b"\xc1")
    with pytest.raises(StoreError, match="who published last for api"):
        versions.last_publish("api")
