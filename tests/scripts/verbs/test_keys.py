"""``weir key`` against a real gateway."""

from __future__ import annotations

import pytest

from scripts.verbs import keys
from tests.support.weir_command import Commands
from tests.support.weir_gateway import Gateway
from weir.api.keys import Key
from weir.models.auth.secret_text import read_secret

pytestmark = pytest.mark.xdist_group("weir-api")

KEY = Key(id="k1", consumer="acme", created_ms=0, created_by="x", state="active")


@pytest.fixture
def weir(gateway: Gateway) -> Commands:
    for consumer in gateway.client.consumers.every():
        gateway.client.consumers.delete(consumer.name, if_match="*")
    gateway.weir.run("consumer", "create", "acme", "--scopes", "read write")
    return gateway.weir


def test_a_row_says_what_is_known_of_a_key() -> None:
    assert keys.row(KEY, 0) == ("k1", "", "acme", "all", "just now", "never", "never", "active")
    assert [keys.until(at, 1000) for at in (0, 1000, 87_401_000)] == ["never", "ended", "in 1 d"]


def test_a_key_stands_alone_on_standard_output(weir: Commands) -> None:
    made = weir.run("key", "create", "acme", "--name", "ci", "--scopes", "read", "--expires", "90d")
    assert made.code == 0
    parts = read_secret("weir", made.out.rstrip("\n"))
    assert parts is not None
    assert made.err == f"acme: good for 90 d, id {parts.id}. The key is not shown again.\n"
    shown = weir.run("key", "show", parts.id, "--json")
    assert (shown.json["scopes"], shown.json["name"]) == (["read"], "ci")
    assert parts.secret not in shown.out + weir.run("key", "list").out


def test_a_key_is_rotated_disabled_enabled_and_revoked(weir: Commands) -> None:
    old = weir.run("key", "create", "acme", "--json").json["key"]["id"]
    new = weir.run("key", "rotate", old, "--overlap", "1d", "--json").json["key"]
    assert new["replaces"] == old
    states = {each["id"]: each["state"] for each in weir.run("key", "list", "--json").json["items"]}
    assert states == {old: "expiring", new["id"]: "active"}
    assert weir.run("key", "disable", new["id"]).out.splitlines()[1].endswith("disabled")
    assert weir.run("key", "list", "--only", "disabled", "--json").json["items"][0]["id"] == new["id"]
    refused = weir.run("key", "rotate", new["id"])
    assert (refused.code, "disabled" in refused.err) == (2, True)
    assert weir.run("key", "enable", new["id"]).code == 0
    assert weir.run("key", "revoke", old).out == f"key {old} is revoked\n"
    gone = weir.run("key", "revoke", old)
    assert (gone.code, gone.err) == (2, f'weir key: There is no API key "{old}".\n')
    assert len(weir.run("key", "list", "--consumer", "acme", "--json").json["items"]) == 1


def test_what_is_wrong_is_one_sentence(weir: Commands) -> None:
    for arguments, says in (
        (("create", "nobody"), 'no consumer "nobody"'),
        (("create", "acme", "--scopes", "admin"), "no scope"),
        (("create", "acme", "--expires", "1y"), "no length of time"),
        (("create", "acme", "--expires", "9999d"), "not between"),
    ):
        done = weir.run("key", *arguments)
        assert done.code == 2
        assert says in done.err
