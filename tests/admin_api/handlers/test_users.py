"""Users of the authorization server: passwords are hashed, and whoever may not sign in any more is signed out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.accounts import Accounts
from weir.api.operation import Role
from weir.models.auth.secret_text import SecretText, new_secret
from weir.secrets.passwords import is_right
from weir.store.connect import Client
from weir.store.oauth.families import FamilyRecord, new_family, sid_of

BEA = {"name": "bea@example.com", "display_name": "Bea", "password": "long enough"}


@pytest.fixture
def api(accounts_as: Callable[[Role], Accounts]) -> Accounts:
    return accounts_as("admin")


def signed_in(api: Accounts, user: str = "bea@example.com") -> str:
    """One session and one grant; the latter's sid."""
    accounts = api.services.accounts
    accounts.logins.begin(user, "stamp")
    accounts.consents.give(user, "app", ("read",))
    family = new_family()
    now_ms = accounts.now_ms()
    record = FamilyRecord(client="app", user=user, created_ms=now_ms, last_ms=now_ms + 86_400_000)
    token: SecretText = new_secret("weirr")._replace(id=family)
    assert accounts.families.begin(family, record, token, 3600, now_ms // 1000 + 600)
    return sid_of(family)


def test_a_user_is_made_with_a_password_that_nobody_can_read(api: Accounts) -> None:
    made = api.call("POST", "/users", BEA)
    assert made.status_code == 201
    assert "password" not in made.text
    kept = api.services.accounts.users.get(BEA["name"])
    assert kept is not None
    assert is_right("long enough", kept.record.password)
    assert api.call("POST", "/users", BEA).json["code"] == "exists"
    assert "long enough" not in repr(api.noted)
    assert "long enough" not in repr(api.http.application)


def test_a_user_is_changed_under_a_precondition_and_keeps_the_password(api: Accounts) -> None:
    etag = api.ok("POST", "/users", BEA)["etag"]
    changed = api.ok("PUT", "/users/bea@example.com", {"email": "bea@example.com"}, If_Match=f'"{etag}"')
    assert (changed["display_name"], changed["email"]) == ("", "bea@example.com")
    assert api.call("PUT", "/users/bea@example.com", {}, If_Match=f'"{etag}"').status_code == 412
    assert api.call("PUT", "/users/bea@example.com", {}).status_code == 428
    assert api.call("PUT", "/users/nobody", {}, If_None_Match="*").json["code"] == "no-such-user"
    kept = api.services.accounts.users.get(BEA["name"])
    assert kept is not None
    assert is_right("long enough", kept.record.password)


def test_another_password_ends_what_the_old_one_began(api: Accounts) -> None:
    api.ok("POST", "/users", BEA)
    sid = signed_in(api)
    ended = api.ok("POST", "/users/bea@example.com/password", {"password": "another one"})
    assert ended == {"sessions": 1, "grants": 1}
    assert api.services.accounts.families.read(sid) is None
    kept = api.services.accounts.users.get(BEA["name"])
    assert kept is not None
    assert is_right("another one", kept.record.password)
    assert "another one" not in repr(api.noted)


def test_a_user_who_is_disabled_is_signed_out_everywhere(api: Accounts) -> None:
    api.ok("POST", "/users", BEA)
    sid = signed_in(api)
    api.ok("PUT", "/users/bea@example.com", {"disabled": True}, If_Match="*")
    assert api.services.accounts.families.read(sid) is None
    assert api.ok("POST", "/users/bea@example.com/revoke-sessions") == {"sessions": 0, "grants": 0}


def test_a_new_user_of_an_old_name_has_agreed_to_nothing(api: Accounts) -> None:
    api.ok("POST", "/users", BEA)
    signed_in(api)
    assert api.call("DELETE", "/users/bea@example.com", If_Match="*").status_code == 204
    api.ok("POST", "/users", BEA)
    assert not api.services.accounts.consents.covers("bea@example.com", "app", ("read",))
    assert api.ok("POST", "/users/bea@example.com/revoke-sessions") == {"sessions": 0, "grants": 0}


def test_users_are_found_by_name_and_address(api: Accounts) -> None:
    for name in ("ann", "bea", "cid"):
        api.ok("POST", "/users", {"name": name, "email": f"{name}@example.com", "password": "long enough"})
    assert [each["name"] for each in api.ok("GET", "/users")["items"]] == ["ann", "bea", "cid"]
    assert [each["name"] for each in api.ok("GET", "/users?q=BEA@")["items"]] == ["bea"]


@pytest.mark.parametrize("name", ["Bea", "b ea", "", "bea\n", "a" * 129])
def test_a_name_that_none_may_have_is_refused(api: Accounts, name: str) -> None:
    assert api.call("POST", "/users", {"name": name, "password": "long enough"}).status_code == 400


def test_only_an_admin_changes_users(client: Client) -> None:
    api = Accounts(client, "editor")
    assert api.call("GET", "/users").status_code == 200
    assert api.call("POST", "/users", BEA).status_code == 403
    assert api.call("POST", "/users/bea/password", {"password": "long enough"}).status_code == 403
