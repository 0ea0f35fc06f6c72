from __future__ import annotations

import pytest

from tests.support.servers import RunningServer
from weir.models.auth.secret_text import hash_of, new_secret, read_secret
from weir.store import access_tokens as module
from weir.store.access_tokens import AccessToken, AccessTokens
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.keys import Keys


@pytest.fixture
def tokens(client: Client, keys: Keys) -> AccessTokens:
    return AccessTokens(client, keys)


def made(tokens: AccessTokens, role: module.TokenRole = "admin", life_s: int = 60) -> tuple[str, AccessToken]:
    found = tokens.make("a", role, life_s, "me")
    assert not isinstance(found, str)
    return found[0].text(), found[1]


def test_only_a_hash_of_a_token_is_kept(tokens: AccessTokens, server: RunningServer, keys: Keys) -> None:
    text, record = made(tokens)
    kept = server.admin().hget(keys.access_tokens(), record.id)
    assert text[17:].encode() not in kept
    assert record.hash == hash_of(text)
    assert record.expires_ms - record.created_ms == 60_000
    assert tokens.get(record.id) == record


def test_a_token_reads_back_and_nothing_else_does() -> None:
    token = new_secret("weirt")
    assert read_secret("weirt", token.text()) == token
    for wrong in (
        "",
        token.text()[:-1],
        token.text() + "a",
        token.text().replace("weirt", "weirx"),
        "weirt__",
    ):
        assert read_secret("weirt", wrong) is None
    swapped = token.text()[:-1] + ("0" if token.text()[-1] != "0" else "1")
    assert read_secret("weirt", swapped) is None


def test_the_first_token_is_made_only_while_no_admins_is_good(tokens: AccessTokens) -> None:
    made(tokens, "editor")
    made(tokens, "admin", life_s=0)
    first = tokens.make("boot", "admin", 60, "boot", first=True)
    assert not isinstance(first, str)
    assert tokens.make("boot", "admin", 60, "boot", first=True) == "admin"


def test_the_last_good_token_of_an_admin_stays_unless_forced(tokens: AccessTokens) -> None:
    _, last = made(tokens)
    made(tokens, "admin", life_s=0)
    made(tokens, "editor")
    assert tokens.remove(last.id, force=False) == "last"
    _, other = made(tokens)
    assert tokens.remove(other.id, force=False) == "removed"
    assert tokens.remove(last.id, force=True) == "removed"
    assert tokens.remove(last.id, force=True) == "missing"


def test_a_rotated_token_ends_after_its_overlap_and_never_later_than_before(tokens: AccessTokens) -> None:
    _, old = made(tokens, life_s=3600)
    assert not isinstance(tokens.rotate(old, 60, 30, "me"), str)
    ends_ms = tokens.get(old.id).expires_ms  # type: ignore[union-attr]
    assert ends_ms < old.expires_ms
    assert not isinstance(tokens.rotate(old, 60, 3000, "me"), str)
    assert tokens.get(old.id).expires_ms == ends_ms  # type: ignore[union-attr]
    assert not isinstance(tokens.rotate(old, 60, 0, "me"), str)
    assert tokens.get(old.id) is None
    assert tokens.rotate(old, 60, 0, "me") == "missing"


def test_there_are_at_most_so_many_and_expired_ones_make_room(
    tokens: AccessTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_TOKENS", 2)
    _, first = made(tokens)
    _, ended = made(tokens, life_s=0)
    made(tokens)
    assert tokens.get(ended.id) is None
    assert tokens.make("one too many", "viewer", 60, "me") == "full"
    assert tokens.rotate(first, 60, 60, "me") == "full"
    assert not isinstance(tokens.rotate(first, 60, 0, "me"), str)


def test_a_use_is_noted_to_the_minute_and_only_of_a_token(tokens: AccessTokens) -> None:
    _, record = made(tokens)
    assert tokens.standing(record.id, "a").last_used_ms == 0
    tokens.note_use(record.id, 61_234)
    tokens.note_use("nobody", 61_234)
    assert tokens.standing(record.id, "a").last_used_ms == 60_000
    assert [used for _, used in tokens.all()] == [60_000]
    assert tokens.standing("nobody", "a").token is None


def test_a_record_of_another_shape_is_said(tokens: AccessTokens, server: RunningServer, keys: Keys) -> None:
    server.admin().hset(keys.access_tokens(), "x", b"\x01")
    with pytest.raises(StoreError, match="an access token in the store cannot be read"):
        tokens.get("x")
