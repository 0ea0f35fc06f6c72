"""Documents from chunks, read once and bounded."""

from __future__ import annotations

import pytest

from admin_api import documents as module
from admin_api.documents import Documents
from tests.support.wait import wait_until
from weir.models.document import Document
from weir.rules.parser import parse
from weir.store.connect import Client
from weir.store.errors import VersionGone
from weir.store.keys import Keys
from weir.store.publish import Draft, Published, Publisher
from weir.store.versions import Versions


def rules(changed: int = -1) -> Document:
    return parse(
        "".join(
            f"rule r{number} {{ respond {201 if number == changed else 200} }}\n" for number in range(500)
        )
    ).document


def publish(client: Client, document: Document, history: int = 100) -> int:
    publisher = Publisher(client, Keys("test"), history=history)
    head = Versions(client, Keys("test")).head()
    draft = Draft(owner="api", base=head.owners["api"] if head else 0, author="test")
    outcome = publisher.publish(draft, document)
    assert isinstance(outcome, Published)
    return outcome.number


class Counting(Versions):
    """Counts the chunks that are read."""

    def fetch_chunks(self, hashes: object) -> dict[str, bytes]:
        found = super().fetch_chunks(hashes)  # type: ignore[arg-type]
        self.fetched = getattr(self, "fetched", 0) + len(found)
        return found


@pytest.fixture
def versions(client: Client) -> Counting:
    return Counting(client, Keys("test"))


def test_an_empty_store_shows_an_empty_document(versions: Counting) -> None:
    seen = Documents(versions).see("api")
    assert (seen.head, seen.number, seen.document, seen.etag) == (None, 0, Document(), "0-")


def test_a_changed_rule_costs_one_chunk_and_all_others_are_the_same_objects(
    client: Client, versions: Counting
) -> None:
    documents = Documents(versions)
    publish(client, rules())
    before = documents.see("api")
    read = versions.fetched
    publish(client, rules(250))
    after = documents.see("api")
    assert versions.fetched == read + 1
    assert after.document == rules(250)
    same = sum(
        one is other
        for one, other in zip(before.document.definitions, after.document.definitions, strict=True)
    )
    assert same > 200
    assert (before.number, after.number, documents.at("api", 1)) == (1, 2, rules())


def test_what_was_split_here_is_not_read(client: Client, versions: Counting) -> None:
    documents = Documents(versions)
    document = rules()
    documents.split(document)
    publish(client, document)
    assert documents.see("api").document is document
    assert not hasattr(versions, "fetched")


def test_what_is_kept_is_bounded(client: Client, versions: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_DEFINITIONS", 300)
    documents = Documents(versions)
    for changed in range(20):
        documents.split(rules(changed))
    assert documents._definitions <= 300
    assert len(documents._joined) == module.MAX_JOINED
    publish(client, rules(7))
    assert documents.see("api").document == rules(7)


def test_a_version_that_left_the_history_is_gone(client: Client, versions: Counting) -> None:
    documents = Documents(versions)
    for changed in range(3):
        publish(client, rules(changed), history=1)
    with pytest.raises(VersionGone):
        documents.at("api", 1)
    with pytest.raises(VersionGone):
        documents.of(("0" * 64,), 2)


def test_a_version_that_goes_while_it_is_read_gives_way_to_the_current_one(
    client: Client, versions: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(client, rules(1))
    documents = Documents(versions)
    head = versions.head
    moved: list[int] = []

    def head_then_publish() -> object:
        found = head()
        if not moved:
            moved.append(publish(client, rules(2), history=1))
        return found

    monkeypatch.setattr(versions, "head", head_then_publish)
    wait_until(lambda: documents.see("api").number == 2, what="the current version")
    assert documents.see("api").document == rules(2)


def test_a_large_text_is_printed_once_for_each_of_few_documents(
    versions: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = Documents(versions)
    large, printed = rules(), []
    whole = module.print_document
    monkeypatch.setattr(module, "print_document", lambda each: printed.append(1) or whole(each))
    assert documents.text(large) == documents.text(large) == whole(large)
    assert len(printed) == 1
    for changed in range(5):
        documents.text(rules(changed))
    assert len(documents._texts) == module.MAX_TEXTS
