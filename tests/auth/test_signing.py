"""Signing keys: when each begins and ends, and what they sign."""

from __future__ import annotations

import json
import logging
import threading
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from auth.signing import signing_keys as signing_module
from auth.signing import upkeep
from auth.signing.schedule import AHEAD_MS, KEPT_MS, Plan, plan, signer
from auth.signing.signing_keys import SigningKeys
from auth.signing.upkeep import Said, keep_keys, look_after, pause_after
from weir.secrets.errors import NoKey
from weir.secrets.ring import KeyRing
from weir.secrets.ring_file import new_key
from weir.store.connect import Client, connect
from weir.store.keys import Keys
from weir.store.signing import SealedKey, SigningStore

DAY = 86_400_000
ROTATION = 30 * DAY
ISSUER = "https://login.example.com"


def key(kid: str, begins_ms: int) -> SealedKey:
    return SealedKey(
        kid=kid, algorithm="ES256", public="{}", sealed=b"", created_ms=1, signs_from_ms=begins_ms
    )


# The schedule


def test_an_empty_store_gets_a_key_that_signs_at_once() -> None:
    assert plan([], 5, ROTATION) == Plan(5, ())
    assert signer([], 5) is None


def test_the_newest_key_whose_time_has_come_signs() -> None:
    keys = [key("a", 10), key("b", 20), key("c", 30)]
    assert [found.kid for now in (10, 19, 20, 29, 30, 99) if (found := signer(keys, now))] == list("aabbcc")
    assert signer(keys, 1) == keys[0]


def test_the_next_key_is_published_a_day_before_it_signs() -> None:
    keys = [key("a", 0)]
    assert plan(keys, ROTATION - AHEAD_MS - 1, ROTATION) == Plan(0, ())
    assert plan(keys, ROTATION - AHEAD_MS, ROTATION) == Plan(ROTATION, ())
    assert plan([*keys, key("b", ROTATION)], ROTATION - 1, ROTATION) == Plan(0, ())


def test_after_a_long_stop_the_next_key_still_waits_a_day() -> None:
    assert plan([key("a", 0)], 10 * ROTATION, ROTATION) == Plan(10 * ROTATION + AHEAD_MS, ())


def test_a_short_rotation_publishes_half_of_it_before() -> None:
    hour = 3_600_000
    assert plan([key("a", 0)], hour // 2 - 1, hour) == Plan(0, ())
    assert plan([key("a", 0)], hour // 2, hour) == Plan(hour, ())


def test_an_old_key_stays_until_its_last_token_has_ended() -> None:
    keys = [key("a", 0), key("b", ROTATION)]
    assert plan(keys, ROTATION + KEPT_MS - 1, ROTATION).ended == ()
    assert plan(keys, ROTATION + KEPT_MS, ROTATION).ended == ("a",)


def test_however_long_it_runs_there_are_few_keys_and_always_one_that_signs() -> None:
    keys: list[SealedKey] = []
    for rotation in (3_600_000, ROTATION):
        now = 1
        for step in range(2000):
            todo = plan(keys, now, rotation)
            keys = [each for each in keys if each.kid not in todo.ended]
            if todo.begins_ms:
                keys.append(key(f"{rotation}-{step}", todo.begins_ms))
            assert signer(keys, now) is not None
            assert len(keys) <= 30
            now += rotation // 7
        keys = []


# What signs


def signing_keys(client: Client, ring: KeyRing, **named: Any) -> SigningKeys:
    store = SigningStore(client, Keys("test"))
    return SigningKeys(store, ring, named.get("issuer", ISSUER), named.get("rotation_s", 30 * 86_400.0))


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing([new_key("signing")])


def test_the_first_token_makes_the_first_key(client: Client, ring: KeyRing) -> None:
    signing = signing_keys(client, ring)
    text = signing.sign({"iss": ISSUER, "sub": "alice"}, "at+jwt")
    read = jwt.decode(text, KeySet.import_key_set(signing.public_set()), algorithms=["ES256"])
    assert read.header["typ"] == "at+jwt"
    assert read.claims == {"iss": ISSUER, "sub": "alice"}
    assert signing.verify(text, "at+jwt") == {"iss": ISSUER, "sub": "alice"}


def test_what_is_public_has_no_private_part(client: Client, ring: KeyRing) -> None:
    signing = signing_keys(client, ring)
    (public,) = signing.public_set()["keys"]
    assert set(public) == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    written = SigningStore(client, Keys("test")).public()
    assert written is not None
    assert written.issuer == ISSUER
    assert json.loads(written.jwks) == signing.public_set()


def test_processes_share_their_keys(client: Client, ring: KeyRing, store: Any) -> None:
    first, second = signing_keys(client, ring), signing_keys(connect(store.url), ring)
    text = first.sign({"iss": ISSUER}, "at+jwt")
    assert second.verify(text, "at+jwt") == {"iss": ISSUER}
    assert first.public_set() == second.public_set()


def test_of_processes_that_start_at_once_one_makes_the_key(client: Client, ring: KeyRing, store: Any) -> None:
    own = [connect(store.url) for _ in range(6)]
    threads = [threading.Thread(target=signing_keys(each, ring).upkeep) for each in own]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(SigningStore(client, Keys("test")).read().keys) == 1


def test_a_key_that_another_process_has_just_made_is_known_within_a_second(
    client: Client, ring: KeyRing, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = signing_keys(client, ring), signing_keys(connect(store.url), ring)
    second.upkeep()
    first.replace_now(forget=True)
    text = first.sign({"iss": ISSUER}, "at+jwt")
    monkeypatch.setattr(signing_module, "LOOK_S", -1.0)
    assert second.verify(text, "at+jwt") == {"iss": ISSUER}


def test_an_unknown_key_is_asked_for_once_a_second(
    client: Client, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    signing = signing_keys(client, ring)
    signing.upkeep()
    mine = ECKey.generate_key("P-256", {"kid": "unknown"})
    forged = jwt.encode({"alg": "ES256", "kid": "unknown", "typ": "at+jwt"}, {"iss": ISSUER}, mine)
    reads: list[int] = []
    kept = SigningStore.read
    monkeypatch.setattr(SigningStore, "read", lambda self: reads.append(1) or kept(self))
    monkeypatch.setattr(signing_module, "LOOK_S", 3600.0)
    monkeypatch.setattr(signing_module, "FRESH_S", 3600.0)
    for _ in range(20):
        assert signing.verify(forged, "at+jwt") is None
    assert reads == []


def test_a_private_key_is_unreadable_without_the_ring(client: Client, ring: KeyRing) -> None:
    signing_keys(client, ring).upkeep()
    other = signing_keys(client, KeyRing([new_key("signing")]))
    with pytest.raises(NoKey):
        other.sign({"iss": ISSUER}, "at+jwt")
    (kept,) = SigningStore(client, Keys("test")).read().keys
    assert b'"d"' not in kept.sealed


@pytest.mark.parametrize("typ", ["JWT", "at+JWT", "", "application/at+jwt"])
def test_attack_an_id_token_is_no_access_token(client: Client, ring: KeyRing, typ: str) -> None:
    signing = signing_keys(client, ring)
    assert signing.verify(signing.sign({"iss": ISSUER}, typ), "at+jwt") is None


def test_attack_a_token_of_somebody_else_is_none(client: Client, ring: KeyRing) -> None:
    signing = signing_keys(client, ring)
    good = signing.sign({"iss": ISSUER}, "at+jwt")
    kid = signing.public_set()["keys"][0]["kid"]
    mine = ECKey.generate_key("P-256")
    forged = jwt.encode({"alg": "ES256", "kid": kid, "typ": "at+jwt"}, {"iss": ISSUER}, mine)
    other_issuer = signing.sign({"iss": "https://evil.example"}, "at+jwt")
    head, body, signature = good.split(".")
    for text in (
        forged,
        other_issuer,
        "",
        "a.b.c",
        good[:-4],
        f"{head}.{body}.",
        f"{head}..{signature}",
        good + "é",
        good + "." * 9000,
    ):
        assert signing.verify(text, "at+jwt") is None


def test_a_rotation_keeps_what_was_signed_before_good(client: Client, ring: KeyRing) -> None:
    store = SigningStore(client, Keys("test"))
    signing = signing_keys(client, ring)
    old = signing.sign({"iss": ISSUER}, "at+jwt")
    seen = store.read()
    (first,) = seen.keys
    aged = SealedKey(
        kid=first.kid,
        algorithm=first.algorithm,
        public=first.public,
        sealed=first.sealed,
        created_ms=1,
        signs_from_ms=seen.now_ms - 29 * DAY,
    )
    assert seen.public is not None
    store.write(seen.revision, seen.public, put=[aged])
    signing.upkeep()
    both = store.read().keys
    assert both[0].kid == first.kid
    assert len(both) == len(signing.public_set()["keys"]) == 2
    assert both[1].signs_from_ms >= seen.now_ms + DAY // 2
    assert signing.verify(old, "at+jwt") is not None
    assert (
        jwt.decode(
            signing.sign({"iss": ISSUER}, "at+jwt"), KeySet.import_key_set(signing.public_set())
        ).header["kid"]
        == first.kid
    )


def test_the_issuer_is_said_once_by_each_process_and_a_quarrel_is_seen(client: Client, ring: KeyRing) -> None:
    first, second = signing_keys(client, ring), signing_keys(client, ring, issuer="https://other.example")
    assert look_after(first) == ""
    assert look_after(second) == ""
    assert "another weir auth of this cluster issues as https://other.example" in look_after(first)
    public = SigningStore(client, Keys("test")).public()
    assert public is not None
    assert public.issuer == "https://other.example"


def test_a_store_that_is_away_is_asked_again_soon(ring: KeyRing) -> None:
    problem = look_after(signing_keys(connect("redis://127.0.0.1:1"), ring))
    assert "the signing keys cannot be looked after" in problem
    assert pause_after(problem) < 5
    assert pause_after("") > 30


def test_a_problem_is_logged_when_it_is_new_then_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    said = Said()
    for now_s, problem in ((0, ""), (1, "a"), (3, "a"), (5, "b"), (64, "b"), (65, "b"), (70, ""), (72, "")):
        said.say(problem, now_s)
    assert [record.getMessage() for record in caplog.records] == [
        "weir auth: a",
        "weir auth: b",
        "weir auth: b",
        "weir auth: the signing keys are looked after again",
    ]


def test_the_greenlet_works_until_the_end(
    client: Client, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "PAUSE_S", 0.01)
    stopping = threading.Event()
    signing = signing_keys(client, ring)
    greenlet = keep_keys(signing, stopping)
    stopping.set()
    greenlet.join(timeout=30)
    assert greenlet.successful()
    assert len(SigningStore(client, Keys("test")).read().keys) == 1
