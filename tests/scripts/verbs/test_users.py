"""``weir user`` against a real gateway."""

from __future__ import annotations

import pytest

from scripts.verbs import users
from tests.support.weir_command import Commands
from tests.support.weir_gateway import Gateway
from weir.api.users import User

pytestmark = pytest.mark.xdist_group("weir-api")


@pytest.fixture
def weir(gateway: Gateway) -> Commands:
    for user in gateway.client.users.every():
        gateway.client.users.delete(user.name, if_match="*")
    return gateway.weir


def test_a_row_says_what_is_known_of_a_user() -> None:
    user = User(name="bea", scopes=(), created_ms=0, created_by="x", etag="e")
    assert users.row(user, 0) == ("bea", "", "", "none", "active", "just now")


def test_a_user_is_made_changed_and_removed_and_the_password_is_never_an_argument(weir: Commands) -> None:
    made = weir.run("user", "create", "bea", "--display-name", "Bea", stdin="long enough\n")
    assert (made.code, made.out) == (0, "user bea is there\n")
    assert weir.run("user", "create", "bea", stdin="long enough\n").code == 2
    with_argument = weir.run("user", "create", "cid", "secret")
    assert with_argument.code == 2
    assert weir.run("user", "set", "bea", "--email", "bea@example.com", "--scopes", "read").code == 0
    shown = weir.run("user", "show", "bea", "--json").json
    assert (shown["display_name"], shown["email"], shown["scopes"]) == ("Bea", "bea@example.com", ["read"])
    weir.run("user", "set", "bea", "--all-scopes", "--disable")
    assert "disabled: cannot sign in" in weir.run("user", "show", "bea").out
    changed = weir.run("user", "password", "bea", stdin="another one\n")
    assert changed.out == "user bea has this password now; 0 sessions and 0 grants to applications ended\n"
    assert weir.run("user", "revoke-sessions", "bea", "--json").json == {"sessions": 0, "grants": 0}
    assert weir.run("user", "list", "--find", "BEA").out.splitlines()[1].startswith("bea")
    audit = weir.run("audit", "--json", "--operation", "users").out
    assert "long enough" not in audit
    assert "another one" not in audit
    assert weir.run("user", "remove", "bea", "--yes").out == "user bea is removed\n"
    assert weir.run("user", "password", "bea", stdin="another one\n").code == 2


def test_a_password_that_is_too_short_is_one_sentence(weir: Commands) -> None:
    done = weir.run("user", "create", "bea", stdin="short\n")
    assert done.code == 2
    assert done.err.count("\n") <= 2
    assert "short" not in done.err
