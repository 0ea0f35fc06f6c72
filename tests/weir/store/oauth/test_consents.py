"""What people allowed applications."""

from __future__ import annotations

import pytest

from tests.support.servers import RunningServer
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.oauth import consents as module
from weir.store.oauth.consents import Consents


@pytest.fixture
def consents(client: Client, keys: Keys) -> Consents:
    return Consents(client, keys)


def test_what_was_allowed_covers_as_much_and_less_but_not_more(consents: Consents) -> None:
    consents.give("alice", "web", ("openid", "orders:read"))
    assert consents.covers("alice", "web", ("openid", "orders:read"))
    assert consents.covers("alice", "web", ("orders:read",))
    assert not consents.covers("alice", "web", ("orders:read", "orders:write"))
    assert not consents.covers("alice", "other", ("openid",))
    assert not consents.covers("bob", "web", ("openid",))


def test_what_was_allowed_to_somebody_who_is_gone_does_not_count(consents: Consents) -> None:
    consents.give("alice", "web", ("openid",))
    given_ms = consents.all("alice")["web"].given_ms
    assert consents.covers("alice", "web", ("openid",), since_ms=given_ms)
    assert not consents.covers("alice", "web", ("openid",), since_ms=given_ms + 1)
    consents.give("alice", "web", ("email",), since_ms=given_ms + 1)
    assert consents.all("alice")["web"].scopes == ("email",)


def test_what_is_allowed_later_is_added(consents: Consents) -> None:
    consents.give("alice", "web", ("openid",))
    consents.give("alice", "web", ("email", "openid"))
    assert consents.all("alice")["web"].scopes == ("openid", "email")


def test_nothing_is_covered_only_if_the_application_was_allowed(consents: Consents) -> None:
    assert not consents.covers("alice", "web", ())
    consents.give("alice", "web", ())
    assert consents.covers("alice", "web", ())


def test_a_consent_is_taken_back(consents: Consents) -> None:
    consents.give("alice", "web", ("openid",))
    consents.give("alice", "tv", ("openid",))
    assert consents.revoke("alice", "web")
    assert not consents.revoke("alice", "web")
    assert list(consents.all("alice")) == ["tv"]


def test_more_applications_than_are_remembered_are_asked_for_each_time(
    consents: Consents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_OF_ONE", 2)
    assert [consents.give("alice", name, ("openid",)) for name in ("a", "b", "c")] == [True, True, False]
    assert consents.give("alice", "a", ("email",)), "one that is remembered may get more"


def test_consents_end_when_nobody_needs_them_any_more(
    consents: Consents, server: RunningServer, keys: Keys
) -> None:
    consents.give("alice", "web", ())
    assert 0 < server.admin().pttl(keys.oauth_consents("alice")) <= module.KEEP_MS


def test_a_record_of_another_shape_is_said(consents: Consents, server: RunningServer, keys: Keys) -> None:
    server.admin().hset(keys.oauth_consents("alice"), "web", b"\x01")
    with pytest.raises(StoreError, match="a consent in the store cannot be read"):
        consents.all("alice")
