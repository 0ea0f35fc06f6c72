"""Families of refresh tokens: one token of each is good, and the first reuse ends all of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.servers import RunningServer
from weir.models.auth.secret_text import SecretText
from weir.store.connect import Client, connect
from weir.store.errors import StoreError
from weir.store.feed import Feed
from weir.store.keys import Keys
from weir.store.oauth import families as module
from weir.store.oauth.families import (
    Families,
    Family,
    FamilyRecord,
    family_of,
    new_family,
    next_token,
    sid_of,
)
from weir.store.oauth.opaque import OpaqueToken, OpaqueTokens
from weir.store.revoked import Revoked

LIFE_S = 600


@pytest.fixture
def families(client: Client, keys: Keys) -> Families:
    return Families(client, keys)


def begun(families: Families, user: str = "alice", refresh_s: int = 3600, client: str = "web") -> SecretText:
    """The first refresh token of a new family."""
    family, now_ms = new_family(), families.now_ms()
    token = next_token(family)
    record = FamilyRecord(
        client=client, user=user, scopes=("read",), created_ms=now_ms, last_ms=now_ms + module.LONGEST_MS
    )
    assert families.begin(family, record, token, refresh_s, now_ms // 1000 + LIFE_S)
    return token


def family(families: Families, token: SecretText) -> Family:
    found = families.read(sid_of(token.id))
    assert found is not None
    return found


def rotate(families: Families, token: SecretText, seen: Family | None = None) -> tuple[str, SecretText]:
    """As whoever shows ``token`` does."""
    seen = seen or family(families, token)
    new = next_token(token.id)
    ends_s = families.now_ms() // 1000 + LIFE_S
    return families.rotate(seen, token.hash(), new, 3600, ends_s), new


def told(client: Client, keys: Keys) -> list[str]:
    return [f"{each.topic} {each.id}" for each in Feed(client, keys).poll(0).entries]


def test_a_family_is_what_was_granted(families: Families) -> None:
    token = begun(families)
    found = family(families, token)
    assert (found.record.client, found.record.user, found.record.scopes) == ("web", "alice", ("read",))
    assert found.hash == token.hash()
    assert found.now_ms < found.ends_ms <= found.now_ms + 3_600_000


def test_a_refresh_token_names_its_family_and_an_access_token_does_not() -> None:
    family_id = new_family()
    token = next_token(family_id).text()
    assert family_of(token) == family_id
    assert family_of(token[:-1] + "!") == family_of("weirr_x") == family_of("") == ""
    assert family_id not in sid_of(family_id)
    assert len(sid_of(family_id)) == 32


def test_each_refresh_token_is_good_once_and_brings_the_next(families: Families) -> None:
    token = begun(families)
    for _ in range(5):
        done, token = rotate(families, token)
        assert done == "rotated"
    assert family(families, token).hash == token.hash()


def test_a_reuse_ends_the_family_with_its_access_tokens(
    families: Families, client: Client, keys: Keys
) -> None:
    first = begun(families)
    before_s = families.now_ms() // 1000
    seen = family(families, first)
    _, second = rotate(families, first)
    assert rotate(families, first, seen)[0] == "ended"
    assert families.read(seen.sid) is None
    assert rotate(families, second, seen)[0] == "missing"
    ends = Revoked(client, keys).ends([seen.sid])
    assert ends[seen.sid] >= before_s + LIFE_S
    assert told(client, keys) == [f"revoked {seen.sid}"]


def test_of_twenty_at_once_one_wins_and_the_family_has_ended(
    families: Families, server: RunningServer
) -> None:
    token = begun(families)
    seen = family(families, token)

    def show(_: int) -> str:
        own = connect(server.url, timeout_s=10.0)
        try:
            return rotate(Families(own, Keys("test")), token, seen)[0]
        finally:
            own.close()

    with ThreadPoolExecutor(20) as threads:
        done = sorted(threads.map(show, range(20)))
    assert done == ["ended"] + ["missing"] * 18 + ["rotated"]
    assert families.read(seen.sid) is None


def test_a_revocation_reaches_as_far_as_the_longest_access_token(
    families: Families, client: Client, keys: Keys
) -> None:
    token = begun(families)
    seen, now_s = family(families, token), families.now_ms() // 1000
    later = next_token(token.id)
    assert families.rotate(seen, token.hash(), later, 3600, now_s + 5000) == "rotated"
    assert families.rotate(seen, later.hash(), next_token(token.id), 3600, now_s + 100) == "rotated"
    assert families.revoke(seen.sid) == "ended"
    assert Revoked(client, keys).ends([seen.sid]) == {seen.sid: now_s + 5000}


def test_without_a_refresh_token_the_sid_is_revoked_all_the_same(
    families: Families, client: Client, keys: Keys
) -> None:
    sid, now_s = sid_of(new_family()), families.now_ms() // 1000
    assert families.revoke(sid, access_s=LIFE_S) == "missing"
    assert Revoked(client, keys).ends([sid])[sid] >= now_s + LIFE_S + module.MARGIN_S
    assert families.revoke(sid_of("unknown")) == "missing"
    assert Revoked(client, keys).count() == 1


def test_opaque_tokens_end_with_their_family(families: Families, client: Client, keys: Keys) -> None:
    token, opaque = begun(families), OpaqueTokens(client, keys)
    sid, other = sid_of(token.id), sid_of("other")
    for name, of in (("a", sid), ("b", sid), ("c", other)):
        ends_ms = families.now_ms() + 60_000
        kept = OpaqueToken(
            id=name, hash="h", client="web", subject="alice", created_ms=1, expires_ms=ends_ms, sid=of
        )
        assert opaque.keep(kept)
    families.revoke(sid)
    held = client.call("HGETALL", keys.opaque_tokens())
    assert set(held) == {b"c"}
    assert told(client, keys) == ["credential opaque:a", "credential opaque:b", f"revoked {sid}"]


def test_a_family_ends_by_silence(families: Families, server: RunningServer, keys: Keys) -> None:
    token = begun(families)
    seen = family(families, token)
    server.admin().zadd(keys.refresh_ends(), {seen.sid: families.now_ms()})
    assert families.read(seen.sid) is None
    assert rotate(families, token, seen)[0] == "missing"


def test_use_prolongs_a_family_up_to_its_last_moment(
    families: Families, server: RunningServer, keys: Keys
) -> None:
    token = begun(families, refresh_s=10)
    seen = family(families, token)
    bound = seen._replace(
        record=FamilyRecord(client="web", user="alice", created_ms=1, last_ms=seen.now_ms + 20_000)
    )
    _, token = rotate(families, token, bound)
    assert family(families, token).ends_ms == seen.now_ms + 20_000


def test_ended_families_make_room_and_others_do_not(
    families: Families, server: RunningServer, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_FAMILIES", 2)
    first = begun(families, "alice")
    begun(families, "bob")
    record = FamilyRecord(client="web", user="mallory", created_ms=1, last_ms=2**50)
    one_more = new_family()
    assert not families.begin(one_more, record, next_token(one_more), 60, 1)
    server.admin().zadd(keys.refresh_ends(), {sid_of(first.id): 1})
    assert families.begin(one_more, record, next_token(one_more), 60, 1)
    assert families.sids_of("alice") == ()


def test_of_one_person_the_family_that_ends_first_makes_room(
    families: Families, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_OF_ONE", 2)
    later, sooner = begun(families, refresh_s=500), begun(families, refresh_s=400)
    newest = begun(families, refresh_s=300)
    assert families.read(sid_of(sooner.id)) is None
    assert set(families.sids_of("alice")) == {sid_of(later.id), sid_of(newest.id)}


def test_all_families_of_a_person_are_found_and_no_neighbour_s(families: Families) -> None:
    mine = [begun(families, "alice") for _ in range(3)]
    begun(families, "alice2")
    begun(families, "alic")
    assert sorted(families.sids_of("alice")) == sorted(sid_of(each.id) for each in mine)
    assert families.revoke_all("alice") == 3
    assert families.sids_of("alice") == ()
    assert len(families.sids_of("alice2")) == len(families.sids_of("alic")) == 1


def test_what_one_client_has_of_a_person_ends_alone(families: Families) -> None:
    for user, client in (("alice", "web"), ("alice", "web"), ("alice", "tv"), ("bob", "web")):
        begun(families, user, client=client)
    assert families.revoke_all("alice", "web") == 2
    assert len(families.sids_of("alice")) == len(families.sids_of("bob")) == 1
    assert families.revoke_all("alice", "unknown") == 0


def test_where_too_much_is_revoked_the_family_still_ends_and_it_is_said(
    families: Families, client: Client, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_REVOKED", 1)
    assert Revoked(client, keys).add("other", families.now_ms() // 1000 + 60) == "revoked"
    token = begun(families)
    assert families.revoke(sid_of(token.id)) == "full"
    assert families.read(sid_of(token.id)) is None
    assert set(Revoked(client, keys).ends(["other", sid_of(token.id)])) == {"other"}


def test_what_cannot_be_read_is_an_error(families: Families, server: RunningServer, keys: Keys) -> None:
    token = begun(families)
    server.admin().hset(keys.refresh_families(), sid_of(token.id), b"\xc1")
    with pytest.raises(StoreError, match="family of refresh tokens"):
        families.read(sid_of(token.id))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shown=st.lists(st.integers(0, 3), max_size=8))
def test_whatever_is_shown_in_whatever_order_only_the_newest_is_good(
    families: Families, shown: list[int]
) -> None:
    """``shown``: how many steps before the newest token the one is that somebody shows."""
    tokens = [begun(families)]
    seen = family(families, tokens[0])
    has_ended = False
    for back in shown:
        done, new = rotate(families, tokens[max(0, len(tokens) - 1 - back)], seen)
        is_newest = back == 0 or len(tokens) == 1
        expected = "missing" if has_ended else "rotated" if is_newest else "ended"
        assert done == expected
        has_ended = has_ended or expected == "ended"
        if done == "rotated":
            tokens.append(new)
    assert (families.read(seen.sid) is None) is has_ended
