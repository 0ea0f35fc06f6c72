from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from tests.support.servers import RunningServer, server_folder, start_server
from tests.support.wait import wait_until
from weir.models.document import OWNERS, Document, Owner, Rule
from weir.models.rule_clauses import Respond
from weir.store.chunks import split
from weir.store.connect import Client, connect
from weir.store.errors import StoreAway, StoreError, VersionGone
from weir.store.keys import Keys
from weir.store.publish import (
    MAX_CHUNKS,
    MAX_TEXT,
    AlreadyPublished,
    Behind,
    Conflict,
    Draft,
    Empty,
    Foreign,
    Outcome,
    Published,
    Publisher,
    Unchanged,
    Unknown,
    check,
    read_reply,
)
from weir.store.versions import Versions


def document(status: int, count: int = 1) -> Document:
    return Document(
        definitions=tuple(Rule(name=f"rule-{n}", clauses=(Respond(status=status),)) for n in range(count))
    )


def draft(owner: Owner = "file", base: int = 0, **more: str) -> Draft:
    return Draft(owner=owner, base=base, author=more.pop("author", "alice"), **more)


@pytest.fixture
def publisher(client: Client, keys: Keys) -> Publisher:
    return Publisher(client, keys)


@pytest.fixture
def versions(client: Client, keys: Keys) -> Versions:
    return Versions(client, keys)


def published(outcome: Outcome) -> Published:
    assert isinstance(outcome, Published), outcome
    return outcome


def test_the_first_publish_gives_an_empty_store_its_identity(
    publisher: Publisher, versions: Versions
) -> None:
    first = published(publisher.publish(draft(message="begin"), document(200)))
    manifest = versions.manifest(1)
    assert manifest is not None
    assert (first.number, first.incarnation) == (1, manifest.incarnation)
    assert (manifest.parent, manifest.author, manifest.message) == (0, "alice", "begin")
    assert manifest.chunks == {"file": tuple(chunk.hash for chunk in split(document(200)))}
    assert versions.document("file") == document(200)


def test_owners_do_not_disturb_each_other(publisher: Publisher, versions: Versions) -> None:
    for number, owner in enumerate(OWNERS, 1):
        assert published(publisher.publish(draft(owner), document(200 + number))).number == number
    head = versions.head()
    assert head is not None
    assert (head.number, head.seq, head.owners) == (3, 3, {"file": 1, "api": 2, "k8s": 3})
    assert [versions.document(owner) for owner in OWNERS] == [document(201), document(202), document(203)]
    assert len({manifest.incarnation for manifest in versions.history()}) == 1


def test_an_empty_document_can_be_published(publisher: Publisher, versions: Versions) -> None:
    publisher.publish(draft(), document(200))
    assert published(publisher.publish(draft(base=1), Document())).number == 2
    manifest = versions.manifest(2)
    assert manifest is not None
    assert manifest.chunks == {"file": ()}
    assert versions.document("file") == Document()


def test_the_loser_is_told_who_won(publisher: Publisher, versions: Versions) -> None:
    publisher.publish(draft(), document(200))
    publisher.publish(draft(base=1, author="bob", message="hurry"), document(201))
    lost = publisher.publish(draft(base=1), document(202))
    assert isinstance(lost, Conflict)
    assert (lost.number, lost.author, lost.message) == (2, "bob", "hurry")
    winner = versions.manifest(2)
    assert winner is not None
    assert lost.time_ms == winner.time_ms
    assert versions.document("file") == document(201)


def test_the_loser_is_told_even_when_the_winning_version_has_left_the_history(
    client: Client, keys: Keys
) -> None:
    publisher = Publisher(client, keys, history=1)
    publisher.publish(draft(author="bob"), document(200))
    publisher.publish(draft("api"), document(201))
    lost = publisher.publish(draft(), document(202))
    assert isinstance(lost, Conflict)
    assert (lost.number, lost.author) == (1, "bob")


def test_publishing_what_is_there_already_changes_nothing(publisher: Publisher, versions: Versions) -> None:
    publisher.publish(draft(), document(200))
    publisher.publish(draft("api"), document(200))
    for base in (0, 1, 7):
        assert publisher.publish(draft(base=base, author="another node"), document(200)) == Unchanged(1)
    head = versions.head()
    assert head is not None
    assert (head.number, head.seq) == (2, 2)


def test_repeating_a_publish_id_tells_what_it_became(publisher: Publisher, versions: Versions) -> None:
    once = draft(publish_id="the-one")
    publisher.publish(once, document(200))
    publisher.publish(draft(base=1), document(201))
    repeated = publisher.publish(once, document(200))
    assert isinstance(repeated, AlreadyPublished)
    assert repeated.number == 1
    assert publisher.outcome("the-one") == 1
    assert publisher.outcome("never") is None
    assert versions.document("file") == document(201)


def test_a_store_that_lost_the_base_is_behind(publisher: Publisher) -> None:
    publisher.publish(draft(), document(200))
    assert publisher.publish(draft(base=5), document(201)) == Behind(1)


def test_an_empty_store_is_not_filled_by_who_knew_another(publisher: Publisher, versions: Versions) -> None:
    assert publisher.publish(draft(incarnation="known"), document(200)) == Empty()
    assert versions.head() is None


def test_a_foreign_store_is_left_alone(publisher: Publisher, versions: Versions) -> None:
    first = published(publisher.publish(draft(), document(200)))
    assert publisher.publish(draft(base=1, incarnation="other"), document(201)) == Foreign(first.incarnation)
    assert (
        published(publisher.publish(draft(base=1, incarnation=first.incarnation), document(201))).number == 2
    )


def test_only_chunks_that_the_store_lacks_are_sent(client: Client, server: RunningServer, keys: Keys) -> None:
    before = document(200, 5000)
    changed = Document(definitions=(*before.definitions[:-1], document(418).definitions[0]))
    publisher = Publisher(client, keys)
    publisher.publish(draft(), before)
    received = server.admin().info("stats")["total_net_input_bytes"]
    publisher.publish(draft(base=1), changed)
    sent = server.admin().info("stats")["total_net_input_bytes"] - received
    assert sent < sum(len(chunk.data) for chunk in split(before)) / 4


def test_the_history_and_everything_kept_for_it_is_bounded(
    client: Client, server: RunningServer, keys: Keys
) -> None:
    publisher = Publisher(client, keys, history=3, feed_length=4)
    for number in range(1, 9):
        assert published(publisher.publish(draft(base=number - 1), document(200 + number))).number == number
    admin = server.admin()
    assert sorted(map(int, admin.hkeys(keys.versions()))) == [6, 7, 8]
    assert admin.hlen(keys.publish_ids()) == 3
    assert admin.xlen(keys.feed()) == 4
    kept = {chunk.hash for number in (6, 7, 8) for chunk in split(document(200 + number))}
    assert {name.decode() for name in admin.hkeys(keys.chunks())} == kept
    references = {name.decode(): int(count) for name, count in admin.hgetall(keys.chunk_references()).items()}
    assert references == dict.fromkeys(kept, 1)


def test_a_chunk_stays_while_any_kept_version_refers_to_it(
    client: Client, server: RunningServer, keys: Keys
) -> None:
    publisher = Publisher(client, keys, history=2)
    shared = split(document(200))[0].hash
    publisher.publish(draft("api"), document(200))
    publisher.publish(draft("file"), document(200))
    publisher.publish(draft("api", base=1), document(201))
    references = {
        name.decode(): int(n) for name, n in server.admin().hgetall(keys.chunk_references()).items()
    }
    # Versions 2 and 3: both hold file's chunk, 3 alone holds api's.
    assert references == {shared: 2, split(document(201))[0].hash: 1}
    publisher.publish(draft("file", base=2), document(202))
    publisher.publish(draft("file", base=4), document(203))
    assert shared.encode() not in server.admin().hkeys(keys.chunks())


def test_a_shorter_history_is_reached_in_steps_of_ten(
    client: Client, server: RunningServer, keys: Keys
) -> None:
    long = Publisher(client, keys, history=30)
    for number in range(30):
        long.publish(draft(base=number), document(200 + number))
    short = Publisher(client, keys, history=2)
    left = []
    for number in range(30, 34):
        short.publish(draft(base=number), document(200 + number))
        left.append(server.admin().hlen(keys.versions()))
    assert left == [21, 12, 3, 2]
    assert server.admin().hlen(keys.chunks()) == 2


def test_restore_publishes_the_old_content_as_a_new_version(publisher: Publisher, versions: Versions) -> None:
    publisher.publish(draft(), document(200))
    publisher.publish(draft("api"), document(300))
    publisher.publish(draft(base=1), document(201))
    assert published(publisher.restore(draft(base=3, message="back"), 1)).number == 4
    assert versions.document("file") == document(200)
    assert versions.document("api") == document(300)


def test_a_version_that_is_not_kept_cannot_be_restored(publisher: Publisher) -> None:
    publisher.publish(draft(), document(200))
    with pytest.raises(VersionGone, match="version 7 is not"):
        publisher.restore(draft(base=1), 7)


def test_a_reader_that_another_owner_needs_is_still_needed(
    client: Client, keys: Keys, versions: Versions
) -> None:
    publisher = Publisher(client, keys)
    publisher._publish(draft("api"), split(document(200)), 5)
    publisher.publish(draft("file"), document(201))
    assert [manifest.min_reader for manifest in versions.history()] == [5, 5]
    publisher._publish(draft("api", base=1), split(document(202)), 1)
    head = versions.head()
    assert head is not None
    assert head.min_reader == 1


def test_a_chunk_that_the_history_drops_while_it_is_needed_is_sent_again(
    client: Client, server: RunningServer, keys: Keys
) -> None:
    publisher = Publisher(client, keys)
    publisher.publish(draft(), document(200))
    server.admin().delete(keys.chunks())
    assert published(publisher.publish(draft("api"), document(200))).number == 2
    assert Versions(client, keys).document("api") == document(200)


RACE = """
import sys
from weir.models.document import Document, Rule
from weir.models.rule_clauses import Respond
from weir.store.connect import connect
from weir.store.keys import Keys
from weir.store.publish import Conflict, Draft, Published, Publisher
url, name = sys.argv[1:]
publisher = Publisher(connect(url, timeout_s=30.0), Keys("test"))
publisher.outcome("connect now")
print("ready", flush=True)
sys.stdin.readline()
for base in range(5):
    own = Document(definitions=(Rule(name=f"{name}-{base}", clauses=(Respond(status=200),)),))
    outcome = publisher.publish(Draft(owner="file", base=base, author=name), own)
    said = "won" if isinstance(outcome, Published) else f"lost to {outcome.author}"
    print(base, outcome.number, said, flush=True)
    sys.stdin.readline()
"""


def test_of_publishers_at_once_exactly_one_wins_and_the_others_are_told_who(server: RunningServer) -> None:
    names = ["alice", "bob", "mallory", "carol"]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, server.url, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for base in range(5):
            for process in processes:
                assert process.stdin is not None
                process.stdin.write("go\n")
                process.stdin.flush()
            lines = [process.stdout.readline().strip() for process in processes if process.stdout]
            winners = [name for name, line in zip(names, lines, strict=True) if line.endswith("won")]
            assert len(winners) == 1, lines
            told = {line for line in lines if not line.endswith("won")}
            assert told == {f"{base} {base + 1} lost to {winners[0]}"}
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def test_a_store_that_is_away_before_anything_was_sent_is_said_to_be_away() -> None:
    with server_folder() as folder:
        client = connect(f"unix://{folder}/s")
        with pytest.raises(StoreAway) as away:
            Publisher(client, Keys("test")).publish(draft(), document(200))
        assert not away.value.sent


def test_a_connection_that_fails_after_sending_is_unknown_and_repeating_tells() -> None:
    with server_folder() as folder:
        server = start_server(folder)
        client = connect(server.url, timeout_s=0.5)
        publisher, once = Publisher(client, Keys("test")), draft(publish_id="the-one")
        publisher.outcome("connect now")
        try:
            server.freeze()
            lost = publisher.publish(once, document(200))
            assert isinstance(lost, Unknown)
            assert (lost.check, lost.publish_id) == (0, "the-one")
            server.thaw()
            wait_until(
                lambda: isinstance(publisher.publish(once, document(200)), Published | AlreadyPublished)
            )
            assert publisher.outcome("the-one") == 1
            assert Versions(client, Keys("test")).manifest(2) is None
        finally:
            client.close()
            server.stop()


def test_a_write_that_does_not_reach_the_disk_in_time_is_unknown() -> None:
    with server_folder() as folder:
        server = start_server(folder, None, "--appendonly", "yes", "--appendfsync", "no")
        client = connect(server.url)
        try:
            publisher = Publisher(client, Keys("test"), durable_ms=50)
            outcome = publisher.publish(draft(publish_id="the-one"), document(200))
            assert isinstance(outcome, Unknown)
            assert (outcome.check, outcome.publish_id) == (1, "the-one")
            assert "within 50 ms" in outcome.reason
        finally:
            client.close()
            server.stop()


def test_greenlets_or_threads_may_share_a_publisher(publisher: Publisher) -> None:
    outcomes: list[Outcome] = []
    threads = [
        threading.Thread(
            target=lambda n=n: outcomes.append(
                publisher.publish(draft(author=f"author-{n}"), document(200 + n))
            )
        )
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(outcome, Published) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 7


@pytest.mark.parametrize("field", sorted(MAX_TEXT))
def test_texts_of_a_publish_are_bounded(field: str) -> None:
    check(draft(**{field: "x" * MAX_TEXT[field]}), ())
    with pytest.raises(StoreError, match=f"over {MAX_TEXT[field]} characters"):
        check(draft(**{field: "x" * (MAX_TEXT[field] + 1)}), ())


def test_a_draft_that_makes_no_sense_is_refused_in_one_sentence() -> None:
    with pytest.raises(StoreError, match="needs an id"):
        check(draft(publish_id=""), ())
    with pytest.raises(StoreError, match="not on -1"):
        check(draft(base=-1), ())
    with pytest.raises(StoreError, match="no owner"):
        check(draft("nobody"), ())  # type: ignore[arg-type]


def test_the_size_of_a_document_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    one = split(document(200))
    monkeypatch.setattr("weir.store.publish.MAX_PUBLISH_BYTES", len(one[0].data))
    check(draft(), one)
    with pytest.raises(StoreError, match="bytes; at most"):
        check(draft(), one * 2)
    monkeypatch.undo()
    check(draft(), one * MAX_CHUNKS)
    with pytest.raises(StoreError, match=f"at most {MAX_CHUNKS}"):
        check(draft(), one * (MAX_CHUNKS + 1))


def test_an_answer_that_this_program_does_not_know_is_no_success() -> None:
    with pytest.raises(StoreError, match="does not know"):
        read_reply([b"perhaps", 7])
