"""Consumers and their credentials: what is kept, what is shown once, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.accounts import Accounts
from weir.api.operation import Role
from weir.models.auth.secret_text import hash_of, read_secret
from weir.secrets.passwords import is_right
from weir.store.connect import Client
from weir.store.keys import Keys
from weir.store.used import Used

DAY_S = 86_400


@pytest.fixture
def api(accounts_as: Callable[[Role], Accounts]) -> Accounts:
    return accounts_as("editor")


# Consumers


def test_a_consumer_is_made_read_changed_and_removed(api: Accounts) -> None:
    made = api.call("PUT", "/consumers/alice", {"tags": ["gold"], "scopes": ["read"]}, If_None_Match="*")
    assert (made.status_code, made.json["tags"], made.json["scopes"]) == (200, ["gold"], ["read"])
    assert made.json["created_by"] == "tester"
    tag = made.headers["ETag"]
    assert tag == f'"{made.json["etag"]}"'
    assert api.call("GET", "/consumers/alice").headers["ETag"] == tag
    changed = api.call("PUT", "/consumers/alice", {"description": "An app"}, If_Match=tag)
    assert (changed.json["tags"], changed.json["description"]) == ([], "An app")
    assert changed.json["created_ms"] == made.json["created_ms"]
    assert api.call("DELETE", "/consumers/alice", If_Match=changed.headers["ETag"]).status_code == 204
    assert api.call("GET", "/consumers/alice").json["code"] == "no-such-consumer"


def test_nobody_overwrites_what_they_have_not_seen(api: Accounts) -> None:
    first = api.consumer("alice")
    api.ok("PUT", "/consumers/alice", {"tags": ["gold"]}, If_Match=f'"{first["etag"]}"')
    for method, body in (("PUT", {}), ("DELETE", None)):
        stale = api.call(method, "/consumers/alice", body, If_Match=f'"{first["etag"]}"')
        assert (stale.status_code, stale.json["code"]) == (412, "stale")
        assert api.call(method, "/consumers/alice", body).status_code == 428
    assert api.call("PUT", "/consumers/alice", {}, If_None_Match="*").json["code"] == "exists"
    assert api.call("PUT", "/consumers/bob", {}, If_Match="*").json["code"] == "no-such-consumer"
    assert api.call("PUT", "/consumers/bob", {}, If_Match='"0123"').status_code == 412
    assert api.call("DELETE", "/consumers/alice", If_None_Match="*").status_code == 412
    assert api.ok("GET", "/consumers/alice")["tags"] == ["gold"]
    assert api.call("DELETE", "/consumers/alice", If_Match="*").status_code == 204
    assert api.call("DELETE", "/consumers/alice", If_Match="*").status_code == 404


@pytest.mark.parametrize("name", ["Alice", "-a", "a b", "a/b", "a%0A", "ä", "a" * 65])
def test_a_name_that_none_may_have_is_refused(api: Accounts, name: str) -> None:
    answer = api.call("PUT", f"/consumers/{name.replace('/', '%2F')}", {}, If_None_Match="*")
    assert (answer.status_code, answer.json["code"]) == (422, "invalid-name")


@pytest.mark.parametrize(
    "body",
    [
        {"tags": ["a b"]},
        {"tags": ["a,b"]},
        {"tags": ["a\n"]},
        {"tags": [str(number) for number in range(33)]},
        {"scopes": ["a b"]},
        {"scopes": ['a"']},
        {"scopes": ["a\\"]},
        {"scopes": ["a\n"]},
        {"scopes": [""]},
        {"scopes": ["a" * 65]},
        {"description": "a\nb"},
        {"name": "bob"},
    ],
)
def test_tags_and_scopes_have_their_characters_and_bounds(api: Accounts, body: dict[str, object]) -> None:
    assert api.call("PUT", "/consumers/alice", body, If_None_Match="*").status_code == 400


def test_consumers_are_listed_by_name_in_pages_and_found_by_tag_and_text(api: Accounts) -> None:
    for number in range(5):
        api.consumer(f"c{number}", tags=["odd" if number % 2 else "even"], description=f"Number {number}")

    def names(query: str) -> tuple[list[str], str]:
        found = api.ok("GET", f"/consumers?{query}")
        return [each["name"] for each in found["items"]], found["next"]

    assert names("limit=3") == (["c0", "c1", "c2"], "c2")
    assert names("limit=3&cursor=c2") == (["c3", "c4"], "")
    assert names("tag=odd") == (["c1", "c3"], "")
    assert names("tag=even&limit=2") == (["c0", "c2"], "c2")
    assert names("tag=even&limit=2&cursor=c2") == (["c4"], "")
    assert names("q=NUMBER%203") == (["c3"], "")
    assert names("q=nothing") == ([], "")


def test_a_consumer_goes_with_its_credentials_and_its_clients_lose_it(api: Accounts) -> None:
    api.consumer("alice")
    key = api.key("alice")["key"]["id"]
    login = api.ok("PUT", "/consumers/alice/basic/al", {"password": "long enough"})
    assert "password" not in login
    shared = api.ok("POST", "/consumers/alice/hmac")["key"]["id"]
    made = api.ok("POST", "/oauth-clients", {"client_name": "App", "consumer": "alice"})["client"]
    assert api.call("DELETE", "/consumers/alice", If_Match="*").status_code == 204
    assert api.call("GET", f"/keys/{key}").status_code == 404
    assert api.call("GET", "/consumers/alice/keys").json["code"] == "no-such-consumer"
    assert api.ok("GET", f"/oauth-clients/{made['client_id']}")["consumer"] is None
    api.consumer("alice")
    assert api.ok("GET", "/consumers/alice/basic")["items"] == []
    assert api.ok("GET", "/consumers/alice/hmac")["items"] == []
    assert api.call("DELETE", f"/consumers/alice/hmac/{shared}").status_code == 404


def test_the_audit_log_says_what_somebody_may_do_now_and_never_a_secret(api: Accounts) -> None:
    api.consumer("alice", tags=["gold"], scopes=["read", "write"])
    api.ok("PUT", "/consumers/alice", {"scopes": ["read"], "disabled": True}, If_Match="*")
    made = api.key("alice", name="ci")
    api.ok("PUT", "/consumers/alice/basic/al", {"password": "long enough"})
    secret = api.ok("POST", "/consumers/alice/hmac")["secret"]
    assert api.noted[0].extras == {"tags": "+gold", "scopes": "+read +write"}
    assert api.noted[1].extras == {"tags": "-gold", "scopes": "-write", "disabled": "yes"}
    assert api.noted[2].extras == {"key": made["key"]["id"], "consumer": "alice", "name": "ci"}
    everything = repr(api.noted)
    for hidden in (made["secret"], hash_of(made["secret"]), "long enough", secret, "argon2"):
        assert hidden not in everything


# Keys


def test_a_key_is_shown_once_and_only_its_hash_is_kept(api: Accounts, client: Client) -> None:
    api.consumer("alice")
    made = api.key("alice", name="ci", expires_in_s=30 * DAY_S)
    secret, key = made["secret"], made["key"]
    parts = read_secret("weir", secret)
    assert parts is not None
    assert parts.id == key["id"]
    assert key["expires_ms"] - key["created_ms"] == 30 * DAY_S * 1000
    assert (key["state"], key["consumer"], key["scopes"]) == ("active", "alice", None)
    assert api.ok("GET", f"/keys/{key['id']}") == key
    assert api.ok("GET", "/consumers/alice/keys") == {"items": [key], "next": ""}
    assert api.ok("GET", "/keys?consumer=alice")["items"] == [key]
    kept = client.call("HGET", Keys("test").records("keys"), key["id"])
    assert hash_of(secret).encode() in kept
    assert secret.encode() not in kept
    assert parts.secret.encode() not in kept


def test_a_key_without_a_word_has_no_end(api: Accounts) -> None:
    api.consumer("alice")
    assert api.ok("POST", "/consumers/alice/keys")["key"]["expires_ms"] == 0


@pytest.mark.parametrize("seconds", [-1, 3650 * DAY_S + 1])
def test_a_life_has_its_bounds(api: Accounts, seconds: int) -> None:
    api.consumer("alice")
    assert api.call("POST", "/consumers/alice/keys", {"expires_in_s": seconds}).status_code == 400


def test_a_key_belongs_to_somebody_and_may_do_no_more_than_they(api: Accounts) -> None:
    assert api.call("POST", "/consumers/alice/keys", {}).json["code"] == "no-such-consumer"
    api.consumer("alice", scopes=["read", "write"])
    assert api.key("alice", scopes=["read"])["key"]["scopes"] == ["read"]
    assert api.key("alice", scopes=[])["key"]["scopes"] == []
    refused = api.call("POST", "/consumers/alice/keys", {"scopes": ["read", "admin"]})
    assert (refused.status_code, refused.json["code"]) == (422, "unknown-scope")


def test_a_key_is_rotated_with_an_overlap(api: Accounts, client: Client) -> None:
    api.consumer("alice", scopes=["read"])
    old = api.key("alice", name="ci", scopes=["read"], expires_in_s=90 * DAY_S)
    new = api.ok("POST", f"/keys/{old['key']['id']}/rotate", {"overlap_s": 3600})
    assert new["secret"] != old["secret"]
    assert (new["key"]["name"], new["key"]["scopes"]) == ("ci", ["read"])
    assert new["key"]["replaces"] == old["key"]["id"]
    assert new["key"]["expires_ms"] - new["key"]["created_ms"] == 90 * DAY_S * 1000
    ends = api.ok("GET", f"/keys/{old['key']['id']}")
    assert 0 < ends["expires_ms"] - new["key"]["created_ms"] <= 3600 * 1000 + 5000
    assert ends["state"] == "expiring"
    told = api.changes(client)
    assert [f"credential key:{each['key']['id']}" in told for each in (old, new)] == [True, True]


def test_without_an_overlap_the_old_key_is_gone(api: Accounts) -> None:
    api.consumer("alice")
    old = api.key("alice")["key"]["id"]
    new = api.ok("POST", f"/keys/{old}/rotate")["key"]
    assert (new["replaces"], new["expires_ms"]) == (old, 0)
    assert api.call("GET", f"/keys/{old}").status_code == 404
    assert api.call("POST", f"/keys/{old}/rotate").json["code"] == "no-such-key"


def test_a_key_out_of_use_is_not_rotated(api: Accounts) -> None:
    api.consumer("alice")
    key = api.key("alice")["key"]["id"]
    assert api.ok("POST", f"/keys/{key}/disable")["state"] == "disabled"
    refused = api.call("POST", f"/keys/{key}/rotate")
    assert (refused.status_code, refused.json["code"]) == (409, "not-in-use")
    assert api.ok("POST", f"/keys/{key}/enable")["state"] == "active"
    assert api.call("POST", f"/keys/{key}/rotate").status_code == 201


def test_a_revoked_key_is_no_more(api: Accounts, client: Client) -> None:
    api.consumer("alice")
    key = api.key("alice")["key"]["id"]
    assert api.call("DELETE", f"/keys/{key}").status_code == 204
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/rotate"), ("POST", "/enable")):
        assert api.call(method, f"/keys/{key}{path}").json["code"] == "no-such-key"
    assert api.changes(client).count(f"credential key:{key}") == 2
    assert api.noted[2].extras == {"key": key, "consumer": "alice"}


def test_keys_are_listed_by_state_with_their_last_use(api: Accounts, client: Client) -> None:
    api.consumer("alice")
    api.consumer("bob")
    active, soon = api.key("alice")["key"], api.key("alice", expires_in_s=DAY_S)["key"]
    other = api.key("bob")["key"]
    api.ok("POST", f"/keys/{other['id']}/disable")
    Used(client, Keys("test")).note({f"key:{active['id']}": 120_000})

    def ids(query: str) -> set[str]:
        return {each["id"] for each in api.ok("GET", f"/keys?{query}")["items"]}

    assert ids("") == {active["id"], soon["id"], other["id"]}
    assert ids("state=active") == {active["id"]}
    assert ids("state=expiring&consumer=alice") == {soon["id"]}
    assert ids("state=disabled") == {other["id"]}
    assert ids("state=expired") == set()
    assert api.ok("GET", f"/keys/{active['id']}")["last_used_ms"] == 120_000
    assert api.ok("GET", f"/keys/{soon['id']}")["last_used_ms"] == 0


# Basic logins


def test_a_password_is_hashed_and_can_be_set_again(api: Accounts) -> None:
    api.consumer("alice")
    first = api.ok("PUT", "/consumers/alice/basic/al@example.com", {"password": "long enough"})
    assert (first["username"], first["consumer"]) == ("al@example.com", "alice")
    kept = api.services.accounts.basic_logins.get("al@example.com")
    assert kept is not None
    assert is_right("long enough", kept.record.password)
    api.ok("PUT", "/consumers/alice/basic/al@example.com", {"password": "another one"})
    again = api.services.accounts.basic_logins.get("al@example.com")
    assert again is not None
    assert is_right("another one", again.record.password)
    assert [each["username"] for each in api.ok("GET", "/consumers/alice/basic")["items"]] == [
        "al@example.com"
    ]
    assert api.call("DELETE", "/consumers/alice/basic/al@example.com").status_code == 204
    assert api.call("DELETE", "/consumers/alice/basic/al@example.com").status_code == 404


@pytest.mark.parametrize(
    ("password", "status"),
    [("7 chars", 400), ("8 chars!", 200), ("x" * 256, 200), ("x" * 257, 400), ("a\0bcdefgh", 422)],
)
def test_a_password_has_its_bounds(api: Accounts, password: str, status: int) -> None:
    api.consumer("alice")
    assert api.call("PUT", "/consumers/alice/basic/al", {"password": password}).status_code == status


def test_a_user_name_belongs_to_one_consumer(api: Accounts) -> None:
    api.consumer("alice")
    api.consumer("mallory")
    api.ok("PUT", "/consumers/alice/basic/al", {"password": "long enough"})
    taken = api.call("PUT", "/consumers/mallory/basic/al", {"password": "long enough"})
    assert (taken.status_code, taken.json["code"]) == (409, "taken")
    assert api.call("DELETE", "/consumers/mallory/basic/al").status_code == 404
    assert api.call("PUT", "/consumers/alice/basic/a:l", {"password": "long enough"}).status_code == 422
    assert api.call("PUT", "/consumers/nobody/basic/x", {"password": "long enough"}).status_code == 404


# HMAC keys


def test_a_shared_secret_is_shown_once_and_sealed_to_its_place(api: Accounts) -> None:
    api.consumer("alice")
    made = api.ok("POST", "/consumers/alice/hmac", {"expires_in_s": DAY_S})
    identity = made["key"]["id"]
    kept = api.services.accounts.hmac_keys.get(identity)
    assert kept is not None
    assert made["secret"].encode() not in kept.record.sealed
    sealed_with = api.services.accounts.ring
    assert sealed_with is not None
    assert sealed_with.open("store", kept.record.sealed, f"hmac:{identity}") == made["secret"].encode()
    assert api.ok("GET", "/consumers/alice/hmac")["items"] == [made["key"]]
    assert made["key"]["state"] == "expiring"
    api.consumer("mallory")
    assert api.call("DELETE", f"/consumers/mallory/hmac/{identity}").status_code == 404
    assert api.call("DELETE", f"/consumers/alice/hmac/{identity}").status_code == 204


def test_without_a_key_ring_no_shared_secret_is_made(client: Client) -> None:
    api = Accounts(client, with_ring=False)
    api.consumer("alice")
    refused = api.call("POST", "/consumers/alice/hmac")
    assert (refused.status_code, refused.json["code"]) == (409, "no-secrets")
    assert "--secrets" in refused.json["detail"]
    assert api.ok("GET", "/consumers/alice/hmac")["items"] == []


# Roles


def test_a_viewer_sees_and_changes_nothing(client: Client) -> None:
    api = Accounts(client, "viewer")
    assert api.call("GET", "/consumers").status_code == 200
    assert api.call("GET", "/keys").status_code == 200
    for method, path in (("PUT", "/consumers/a"), ("POST", "/consumers/a/keys"), ("DELETE", "/keys/x")):
        assert api.call(method, path, {}, If_Match="*").status_code == 403
