"""Sessions of people at the authorization server."""

from __future__ import annotations

import pytest

from tests.support.servers import RunningServer
from weir.models.auth.secret_text import hash_of
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.oauth import logins as module
from weir.store.oauth.logins import Logins


@pytest.fixture
def logins(client: Client, keys: Keys) -> Logins:
    return Logins(client, keys)


def test_a_session_is_found_by_its_cookie_and_by_its_id(logins: Logins) -> None:
    secret, record = logins.begin("alice", "stamp", answered="a")
    found = logins.use(secret)
    assert found is not None
    assert found.record == record
    assert found.id == hash_of(secret)
    assert found.record.auth_ms <= found.now_ms < found.record.expires_ms
    assert logins.find(found.id) is not None
    assert logins.use(found.id) is None, "what is stored opens nothing"
    assert logins.use(record.sid) is None, "nor does what applications know"


def test_the_cookie_itself_is_not_kept_and_everything_ends(
    logins: Logins, server: RunningServer, keys: Keys
) -> None:
    secret, _ = logins.begin("alice", "stamp")
    assert list(server.admin().hgetall(keys.oauth_logins())) == [hash_of(secret).encode()]
    for key in (keys.oauth_logins(), keys.oauth_logins_seen(), keys.oauth_logins_of("alice")):
        assert 0 < server.admin().pttl(key) <= module.ABSOLUTE_MS


def test_signing_in_again_ends_the_session_before_it(logins: Logins) -> None:
    first, _ = logins.begin("alice", "stamp")
    second, _ = logins.begin("alice", "stamp", before=hash_of(first))
    assert logins.use(first) is None
    assert logins.use(second) is not None


def test_a_session_ends_and_nobody_elses_does(logins: Logins) -> None:
    alice, _ = logins.begin("alice", "stamp")
    bob, _ = logins.begin("bob", "stamp")
    assert logins.end("alice", hash_of(bob)) == 0
    assert logins.use(bob) is not None
    assert logins.end("alice", hash_of(alice)) == 1
    assert logins.use(alice) is None


def test_all_sessions_of_a_person_end_at_once(logins: Logins, server: RunningServer, keys: Keys) -> None:
    alices = [logins.begin("alice", "stamp")[0] for _ in range(3)]
    bob, _ = logins.begin("bob", "stamp")
    assert logins.end_all("alice") == 3
    assert [logins.use(each) for each in alices] == [None] * 3
    assert logins.use(bob) is not None
    assert logins.end_all("alice") == 0
    assert not server.admin().exists(keys.oauth_logins_of("alice"))


def test_a_silent_session_ends(logins: Logins, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, _ = logins.begin("alice", "stamp")
    monkeypatch.setattr(module, "IDLE_MS", 0)
    assert logins.use(secret) is None


def test_a_busy_session_ends_too(logins: Logins, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ABSOLUTE_MS", 1)
    secret, _ = logins.begin("alice", "stamp")
    while logins.use(secret) is not None:
        pass


def test_a_use_ends_the_silence_and_is_noted_by_the_minute(
    logins: Logins, server: RunningServer, keys: Keys
) -> None:
    secret, _ = logins.begin("alice", "stamp")
    seen = server.admin().zscore(keys.oauth_logins_seen(), hash_of(secret))
    logins.use(secret)
    assert server.admin().zscore(keys.oauth_logins_seen(), hash_of(secret)) == seen
    server.admin().zincrby(keys.oauth_logins_seen(), -module.USED_STEP_MS, hash_of(secret))
    logins.use(secret)
    assert server.admin().zscore(keys.oauth_logins_seen(), hash_of(secret)) >= seen


def test_one_more_of_a_person_ends_the_earliest(logins: Logins, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_OF_ONE", 2)
    bob, _ = logins.begin("bob", "stamp")
    alices = [logins.begin("alice", "stamp")[0] for _ in range(3)]
    alive = [logins.use(each) is not None for each in alices]
    assert sum(alive) == 2
    assert alive[2]
    assert logins.use(bob) is not None


def test_one_more_of_all_ends_the_one_that_was_silent_longest(
    logins: Logins, server: RunningServer, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_LOGINS", 2)
    monkeypatch.setattr(module, "USED_STEP_MS", 1 << 50)
    first, second = (logins.begin(name, "stamp")[0] for name in ("alice", "bob"))
    server.admin().zincrby(keys.oauth_logins_seen(), -10_000, hash_of(second))
    third, _ = logins.begin("carol", "stamp")
    assert [logins.use(each) is not None for each in (first, second, third)] == [True, False, True]


def test_a_record_of_another_shape_is_said(logins: Logins, server: RunningServer, keys: Keys) -> None:
    secret, _ = logins.begin("alice", "stamp")
    server.admin().hset(
        keys.oauth_logins(), hash_of(secret), b"\x81\xaaexpires_ms\xcf\x7f\xff\xff\xff\xff\xff\xff\xff"
    )
    with pytest.raises(StoreError, match="a session of a person in the store cannot be read"):
        logins.use(secret)
