from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from tests.support.servers import RunningServer
from weir.models.auth.records import InitialToken, OAuthClient
from weir.models.auth.secret_text import SecretText, new_secret, random_text
from weir.store.connect import Client, connect
from weir.store.feed import Feed
from weir.store.keys import Keys
from weir.store.oauth.registration import Registration
from weir.store.record_kinds import CLIENTS, INITIALS
from weir.store.records import Records

KEYS = Keys("test")


def initial(client: Client, **fields: Any) -> SecretText:
    secret = new_secret("weiri")
    record = InitialToken(id=secret.id, hash=secret.hash(), created_ms=1, scopes=("read", "write"), **fields)
    assert Records(client, KEYS, INITIALS).create(record) == "created"
    return secret


def named(name: str) -> OAuthClient:
    return OAuthClient(id=name, name=name, created_ms=1)


def test_a_client_is_made_and_one_is_taken(client: Client) -> None:
    registration, secret = Registration(client, KEYS), initial(client, left=2)
    assert registration.register(secret, named("a")) == "registered"
    left = registration.initial(secret.id)
    assert left is not None
    assert (left.left, left.scopes, left.hash) == (1, ("read", "write"), secret.hash())
    kept = Records(client, KEYS, CLIENTS).get("a")
    assert kept is not None
    assert kept.record == named("a")
    assert [each.record.id for each in Records(client, KEYS, CLIENTS).page()[0]] == ["a"]
    assert ("credential", "client:a") in {
        (each.topic, each.id) for each in Feed(client, KEYS).poll(0).entries
    }


def test_what_was_made_can_be_changed_like_any_other(client: Client) -> None:
    Registration(client, KEYS).register(initial(client), named("a"))
    clients = Records(client, KEYS, CLIENTS)
    kept = clients.get("a")
    assert kept is not None
    assert clients.replace(msgspec.structs.replace(kept.record, name="b"), kept.etag) == "replaced"
    assert clients.remove("a") == "removed"


@pytest.mark.parametrize("fields", [{"left": 0}, {"disabled": True}, {"expires_ms": 1}])
def test_a_token_that_is_used_up_makes_none(client: Client, fields: dict[str, Any]) -> None:
    assert Registration(client, KEYS).register(initial(client, **fields), named("a")) == "unknown"
    assert Records(client, KEYS, CLIENTS).count() == 0


def test_a_wrong_secret_and_an_unknown_token_make_none(client: Client) -> None:
    registration, secret = Registration(client, KEYS), initial(client)
    assert registration.register(secret._replace(secret=random_text(43)), named("a")) == "unknown"
    assert registration.register(new_secret("weiri"), named("a")) == "unknown"
    left = registration.initial(secret.id)
    assert left is not None
    assert left.left == 1


def test_a_name_that_is_taken_costs_nothing(client: Client) -> None:
    registration, secret = Registration(client, KEYS), initial(client)
    Records(client, KEYS, CLIENTS).create(named("a"))
    assert registration.register(secret, named("a")) == "exists"
    assert registration.register(secret, named("b")) == "registered"


def test_of_many_at_once_as_many_are_made_as_are_left(server: RunningServer, client: Client) -> None:
    secret = initial(client, left=3)

    def register(number: int) -> str:
        own = connect(server.url, timeout_s=10.0)
        try:
            return Registration(own, KEYS).register(secret, named(f"c{number}"))
        finally:
            own.close()

    with ThreadPoolExecutor(10) as threads:
        done = sorted(threads.map(register, range(10)))
    assert done == ["registered"] * 3 + ["unknown"] * 7
    assert Records(client, KEYS, CLIENTS).count() == 3
