"""Issuers between a real store and the workers' questions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.agent.facts import Facts
from edge.agent.issuers.issuer import Terms
from edge.agent.issuers.keeper import IssuerKeeper
from edge.agent.issuers.service import OWN_EVERY_S, PAGE, RECHECK_S, IssuerService, IssuerStore
from edge.auth.issuers import MAX_ISSUERS
from edge.versions.files import Identity
from tests.support.servers import server_folder, start_server
from tests.support.tokens import OWN, Signer
from weir.models.auth.records import Issuer
from weir.store.connect import connect
from weir.store.errors import StoreError
from weir.store.feed import Feed
from weir.store.keys import Keys
from weir.store.signing import AuthPublic

URL = "https://id.test"


@pytest.fixture(scope="module")
def store_url() -> Iterator[str]:
    with server_folder() as directory:
        server = start_server(directory)
        yield server.url
        server.stop()


class Rig:
    def __init__(self, url: str, cluster: str, path: Path) -> None:
        client, keys = connect(url), Keys(cluster)
        self.store, self.feed, self.facts = IssuerStore.of(client, keys), Feed(client, keys), Facts()
        self.now, self.seq, self.told = 1000.0, 0, {}
        keeper = IssuerKeeper(path / "issuers", self._get, self._announce)
        self.service = IssuerService(self.store, keeper, self.facts, lambda: self.now)

    def look(self) -> None:
        changes = self.feed.poll(self.seq)
        self.service.heard(changes)
        self.seq = changes.seq

    def own(self, signer: Signer) -> None:
        revision = self.store.signing.read().revision
        public = AuthPublic(issuer=signer.url, jwks=json.dumps({"keys": [signer.public]}))
        assert self.store.signing.write(revision, public, change=signer.kid)

    def _get(self, url: str) -> bytes:
        raise AssertionError(url)

    def _announce(self, topic: str, body: Any, key: str) -> None:
        self.told[key] = body


@pytest.fixture
def rig(store_url: str, tmp_path: Path) -> Rig:
    return Rig(store_url, tmp_path.name, tmp_path)


def record(**changes: Any) -> Issuer:
    return Issuer(**{"name": "corp", "url": URL, "created_ms": 1, **changes})


def test_what_the_store_has_is_told_and_followed(rig: Rig) -> None:
    assert rig.store.registered.create(record(scope_claim="scp")) == "created"
    rig.own(Signer())
    rig.look()
    assert rig.told[URL]["scope_claim"] == "scp"
    assert rig.told["own"]["issuer"] == OWN
    kept = rig.store.registered.get("corp")
    assert kept is not None
    rig.store.registered.replace(record(scope_claim="permissions"), kept.etag)
    new = Signer(kid="k2")
    rig.own(new)
    rig.look()
    assert rig.told[URL]["scope_claim"] == "permissions"
    assert [key["kid"] for key in rig.told["own"]["jwks"]["keys"]] == ["k2"]
    assert rig.service.page()["own"] == {"issuer": OWN, "keys": 1}


def test_nothing_is_read_while_nothing_changes(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.look()
    reads: list[str] = []
    monkeypatch.setattr(rig.service, "_read_own", lambda: reads.append("own"))
    monkeypatch.setattr(rig.service, "_read_registered", lambda: reads.append("registered"))
    rig.look()
    assert reads == []
    rig.now += RECHECK_S
    rig.look()
    assert reads == ["registered", "own"]


def test_many_registered_issuers_are_read_in_pages(rig: Rig) -> None:
    for number in range(PAGE + 10):
        rig.store.registered.create(record(name=f"i{number}", url=f"https://{number}.test"))
    rig.look()
    assert len(rig.service.page()["issuers"]) == PAGE + 10


def test_another_store_than_the_one_of_the_version_is_not_believed(rig: Rig) -> None:
    rig.own(Signer())
    rig.look()
    rig.facts.held = Identity("another", 1, "h")
    rig.own(Signer(kid="k2"))
    rig.look()
    assert [key["kid"] for key in rig.told["own"]["jwks"]["keys"]] == ["k1"]


def test_own_keys_that_cannot_be_used_leave_those_that_can(rig: Rig) -> None:
    """And the store is not taken for away because of it."""
    rig.own(Signer())
    rig.look()
    revision = rig.store.signing.read().revision
    rig.store.signing.write(revision, AuthPublic(issuer=OWN, jwks="{}"), change="x")
    rig.look()
    assert rig.told["own"]["jwks"]["keys"]


def test_for_an_unknown_own_key_the_store_is_read_at_once_but_not_for_each_token(rig: Rig) -> None:
    rig.own(Signer())
    rig.look()
    rig.own(Signer(kid="k2"))
    assert rig.service.key.answer(1, {"issuer": OWN})["word"]["jwks"]["keys"][0]["kid"] == "k1"
    rig.now += OWN_EVERY_S
    assert rig.service.key.answer(1, {"issuer": OWN})["word"]["jwks"]["keys"][0]["kid"] == "k2"


def test_a_store_that_is_away_leaves_the_old_keys(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.own(Signer())
    rig.look()

    def away() -> None:
        raise StoreError("away")

    monkeypatch.setattr(rig.service.key, "_read_own", away)
    answer = rig.service.key.answer(1, {"issuer": OWN})
    assert (answer["word"]["issuer"], answer["sure"]) == (OWN, False)


@pytest.mark.parametrize("body", [None, {}, {"issuer": 7}, [], "x"])
def test_questions_that_are_none_get_no_answer(rig: Rig, body: Any) -> None:
    assert rig.service.key.answer(1, body) is None
    assert rig.service.key.answer(1, {"issuer": "https://unknown.test"}) == {"word": None, "sure": False}


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"urls": [URL]}, [URL]),
        ({"urls": [URL, 7, "", "x" * 3000]}, [URL]),
        ({"urls": [URL] * (MAX_ISSUERS + 1)}, []),
        ({"urls": "x"}, []),
        (None, []),
    ],
)
def test_workers_say_which_issuers_their_rules_name(rig: Rig, body: Any, wanted: list[str]) -> None:
    rig.service.wanted.answer(1, body)
    assert [each["issuer"] for each in rig.service.keeper.state()] == wanted
    rig.service.wanted.gone(1)
    rig.service.key.gone(1)
    assert rig.service.keeper._wanted == {}


def test_terms_of_the_store_count_for_issuers_that_rules_name(rig: Rig) -> None:
    rig.service.wanted.answer(1, {"urls": [URL]})
    rig.store.registered.create(record(consumer_claim="azp"))
    rig.look()
    assert rig.service.keeper._known[URL].terms == Terms(URL, consumer_claim="azp")
