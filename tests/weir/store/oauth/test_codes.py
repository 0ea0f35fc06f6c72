"""Authorization codes: once, for a minute, and a second time never without consequences."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.servers import RunningServer
from weir.models.auth.secret_text import hash_of
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.oauth import codes as module
from weir.store.oauth.codes import CodeRecord, Codes, Taken

RECORD = CodeRecord(
    client="web",
    user="alice",
    login="f" * 64,
    redirect_uri="https://app.example.com/callback",
    scopes=("openid", "orders:read"),
    challenge="c" * 43,
    nonce="n-1",
    auth_ms=1_700_000_000_000,
    sid="s-1",
)


@pytest.fixture
def codes(client: Client, keys: Keys) -> Codes:
    return Codes(client, keys)


def age(server: RunningServer, keys: Keys, code: str, by_ms: int) -> None:
    """As if the code had been made earlier."""
    server.admin().zincrby(keys.oauth_codes_made(), -by_ms, hash_of(code))


def test_a_code_brings_what_was_allowed_once(codes: Codes) -> None:
    code = codes.make(RECORD)
    assert len(code) == 43
    assert codes.take(code, "family-1") == Taken(RECORD, "family-1")
    assert codes.is_settled(code, "family-1")


def test_a_code_shown_again_names_the_tokens_that_it_brought(codes: Codes) -> None:
    code = codes.make(RECORD)
    codes.take(code, "family-1")
    assert codes.take(code, "family-2") == Taken(None, "family-1")
    assert codes.take(code, "family-3") == Taken(None, "family-1")


def test_a_code_shown_again_before_its_tokens_are_made_is_not_settled(codes: Codes) -> None:
    code = codes.make(RECORD)
    codes.take(code, "family-1")
    codes.take(code, "family-2")
    assert not codes.is_settled(code, "family-1")


def test_of_many_at_once_one_gets_it(codes: Codes) -> None:
    code = codes.make(RECORD)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda number: codes.take(code, f"family-{number}"), range(24)))
    winners = [each for each in taken if each is not None and each.record is not None]
    assert len(winners) == 1
    assert {each.family for each in taken if each is not None} == {winners[0].family}
    assert not codes.is_settled(code, winners[0].family)


def test_what_is_no_code_brings_nothing(codes: Codes) -> None:
    codes.make(RECORD)
    assert codes.take("", "family-1") is None
    assert codes.take("x" * 43, "family-1") is None
    assert not codes.is_settled("x" * 43, "family-1")


def test_a_code_is_good_for_a_minute(codes: Codes, server: RunningServer, keys: Keys) -> None:
    late, early = codes.make(RECORD), codes.make(RECORD)
    age(server, keys, late, module.LIFE_MS + 1)
    age(server, keys, early, module.LIFE_MS - 20_000)
    assert codes.take(late, "family-1") is None
    assert codes.take(early, "family-1") is not None


def test_the_code_itself_is_not_kept_and_everything_ends(
    codes: Codes, server: RunningServer, keys: Keys
) -> None:
    code = codes.make(RECORD)
    assert list(server.admin().hgetall(keys.oauth_codes())) == [hash_of(code).encode()]
    for key in (keys.oauth_codes(), keys.oauth_codes_made()):
        assert 0 < server.admin().pttl(key) <= module.KEEP_MS


def test_codes_that_nobody_can_show_again_are_forgotten(
    codes: Codes, server: RunningServer, keys: Keys
) -> None:
    old = codes.make(RECORD)
    codes.take(old, "family-1")
    age(server, keys, old, module.KEEP_MS + 1)
    codes.make(RECORD)
    assert server.admin().hlen(keys.oauth_codes()) == server.admin().zcard(keys.oauth_codes_made()) == 1


def test_one_more_than_there_may_be_is_not_made(codes: Codes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CODES", 2)
    assert [bool(codes.make(RECORD)) for _ in range(3)] == [True, True, False]


def test_a_record_of_another_shape_is_said(codes: Codes, server: RunningServer, keys: Keys) -> None:
    code = codes.make(RECORD)
    server.admin().hset(keys.oauth_codes(), hash_of(code), b"n\x01")
    with pytest.raises(StoreError, match="an authorization code in the store cannot be read"):
        codes.take(code, "family-1")
