"""What an ID token says, and what it does not."""

from __future__ import annotations

from auth.tokens.id_token import LIFE_S, SignedIn, id_claims, person_claims
from weir.models.auth.records import User

ALICE = User(name="alice", display_name="Alice", email="alice@example.com", password="-", created_ms=1)
BARE = User(name="bob", password="-", created_ms=1)


def claims(signed_in: SignedIn) -> dict[str, object]:
    return id_claims(
        ALICE,
        signed_in,
        issuer="https://i.example",
        client="web",
        scopes=("openid",),
        access_token="a",
        now_s=100,
    )


def test_what_was_not_asked_for_is_not_said() -> None:
    found = claims(SignedIn(auth_time_s=90))
    assert found.keys() == {"iss", "sub", "aud", "exp", "iat", "auth_time", "amr", "at_hash"}
    assert (found["iat"], found["exp"], found["auth_time"]) == (100, 100 + LIFE_S, 90)
    more = claims(SignedIn(auth_time_s=90, sid="s", nonce="n", code="c"))
    assert more.keys() - found.keys() == {"sid", "nonce", "c_hash"}


def test_scopes_show_a_person_bit_by_bit() -> None:
    assert person_claims(ALICE, ("openid", "orders:read")) == {}
    assert person_claims(BARE, ("profile", "email")) == {"name": "bob", "preferred_username": "bob"}
