from __future__ import annotations

import pytest

from tests.support.servers import RunningServer
from weir.models.auth.secret_text import hash_of
from weir.store import sessions as module
from weir.store.access_tokens import AccessTokens
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.sessions import Sessions, read_session


@pytest.fixture
def sessions(client: Client, keys: Keys) -> Sessions:
    return Sessions(client, keys)


@pytest.fixture
def token(client: Client, keys: Keys) -> str:
    made = AccessTokens(client, keys).make("a", "viewer", 60, "me")
    assert not isinstance(made, str)
    return made[1].id


def test_a_session_is_found_by_its_cookie_with_the_token_as_it_is_now(sessions: Sessions, token: str) -> None:
    secret, record = sessions.begin(token)
    found = sessions.use(secret)
    assert found is not None
    assert (found[0], found[1].id, found[1].role) == (record, token, "viewer")
    assert sessions.use(secret + "x") is None
    sessions.end(hash_of(secret))
    sessions.end(hash_of(secret))
    assert sessions.use(secret) is None


def test_the_cookie_itself_is_not_kept(
    sessions: Sessions, token: str, server: RunningServer, keys: Keys
) -> None:
    secret, _ = sessions.begin(token)
    assert list(server.admin().hgetall(keys.sessions())) == [hash_of(secret).encode()]
    assert 0 < server.admin().pttl(keys.sessions()) <= module.ABSOLUTE_MS
    assert 0 < server.admin().pttl(keys.sessions_seen()) <= module.ABSOLUTE_MS


def test_an_ended_session_leaves_nothing(
    sessions: Sessions, token: str, server: RunningServer, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, _ = sessions.begin(token)
    monkeypatch.setattr(module, "IDLE_MS", 0)
    assert sessions.use(secret) is None
    assert not server.admin().exists(keys.sessions(), keys.sessions_seen())


def test_the_session_that_was_silent_longest_makes_room(
    sessions: Sessions, token: str, server: RunningServer, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_SESSIONS", 2)
    monkeypatch.setattr(module, "USED_STEP_MS", 0)
    first, _ = sessions.begin(token)
    second, _ = sessions.begin(token)
    server.admin().zadd(keys.sessions_seen(), {hash_of(second): 1 << 42})
    server.admin().zadd(keys.sessions_seen(), {hash_of(first): (1 << 42) + 1})
    third, _ = sessions.begin(token)
    assert [sessions.use(secret) is not None for secret in (first, second, third)] == [True, False, True]


def test_a_record_of_another_shape_is_said() -> None:
    with pytest.raises(StoreError, match="a session in the store cannot be read"):
        read_session(b"\x01")
