"""``weir consumer`` against a real gateway."""

from __future__ import annotations

import pytest

from scripts.verbs import consumers
from tests.support.typed import at_a_terminal
from tests.support.weir_command import Commands
from tests.support.weir_gateway import Gateway
from weir.api.consumers import Consumer

pytestmark = pytest.mark.xdist_group("weir-api")

ACME = Consumer(name="acme", tags=("gold",), scopes=("read",), created_ms=0, created_by="weir up", etag="x")


@pytest.fixture
def weir(gateway: Gateway) -> Commands:
    for consumer in gateway.client.consumers.every():
        gateway.client.consumers.delete(consumer.name, if_match="*")
    return gateway.weir


def test_a_row_says_what_is_known_of_a_consumer() -> None:
    assert consumers.consumer_row(ACME, 86_400_000) == ("acme", "gold", "read", "active", "1 d ago", "")


def test_a_consumer_is_made_changed_shown_and_removed(weir: Commands) -> None:
    made = weir.run("consumer", "create", "acme", "--tags", "gold eu", "--scopes", "read")
    assert (made.code, made.out) == (0, "consumer acme is there; next: weir key create acme\n")
    weir.run("consumer", "create", "other", "--json")
    assert weir.run("consumer", "set", "acme", "--description", "Shop", "--disable").code == 0
    shown = weir.run("consumer", "show", "acme", "--json").json["consumer"]
    assert (shown["tags"], shown["scopes"], shown["description"], shown["disabled"]) == (
        ["gold", "eu"],
        ["read"],
        "Shop",
        True,
    )
    weir.run("consumer", "set", "acme", "--tags", "", "--enable")
    assert "none of its credentials" not in weir.run("consumer", "show", "acme").out
    assert [each["name"] for each in weir.run("consumer", "list", "--json").json["items"]] == [
        "acme",
        "other",
    ]
    assert weir.run("consumer", "list", "--tag", "gold").out.count("\n") == 1
    assert weir.run("consumer", "list", "--find", "SHOP").out.splitlines()[1].startswith("acme")
    unasked = weir.run("consumer", "remove", "acme")
    assert (unasked.code, "--yes" in unasked.err) == (2, True)
    assert weir.run("consumer", "remove", "acme", "--yes").out == "consumer acme is removed\n"
    gone = weir.run("consumer", "show", "acme")
    assert (gone.code, gone.err) == (2, 'weir consumer: There is no consumer "acme".\n')


def test_a_name_that_none_may_have_is_one_sentence(weir: Commands) -> None:
    refused = weir.run("consumer", "create", "Acme Inc")
    assert refused.code == 2
    assert refused.err.startswith('weir consumer: Nothing can be called "Acme Inc"')
    assert weir.run("consumer", "create", "acme", "--scopes", 'a"b').code == 2


def test_a_password_comes_from_a_pipe_and_is_nowhere_shown(weir: Commands) -> None:
    weir.run("consumer", "create", "acme")
    done = weir.run("consumer", "password", "acme", "al", stdin=" long enough \n")
    assert (done.code, done.out) == (0, "al of acme has this password now\n")
    short = weir.run("consumer", "password", "acme", "al", stdin="short\n")
    assert (short.code, "at least" in short.err or "length" in short.err) == (2, True)
    assert weir.run("consumer", "password", "acme", "al", stdin="").code == 2
    assert "al " in weir.run("consumer", "show", "acme").out
    audit = weir.run("audit", "--json", "--operation", "basic-logins")
    assert "long enough" not in audit.out
    assert weir.run("consumer", "password", "acme", "al", "--remove").out == "al is removed\n"


def test_a_shared_secret_stands_alone_on_standard_output(weir: Commands) -> None:
    weir.run("consumer", "create", "acme")
    made = weir.run("consumer", "hmac", "acme", "--expires", "30d")
    assert (made.code, len(made.out.strip())) == (0, 43)
    assert "not shown again" in made.err
    (key,) = weir.run("consumer", "show", "acme", "--json").json["hmac_keys"]
    assert key["id"] in made.err
    assert weir.run("consumer", "hmac", "acme", "--remove", key["id"]).code == 0


def test_who_says_no_removes_nothing(weir: Commands) -> None:
    weir.run("consumer", "create", "acme")
    seen = at_a_terminal(["consumer", "remove", "acme"], [("[y/N]", "n")], weir.variables)
    assert seen.code == 1
    assert weir.run("consumer", "show", "acme").code == 0
