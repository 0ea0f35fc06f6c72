"""The client and the commands against a real admin API, where a server that plays it would prove nothing."""

from __future__ import annotations

import threading
import urllib.request
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.scripted_api import Asked, Says, ScriptedApi
from tests.support.typed import at_a_terminal
from tests.support.weir_command import Commands
from tests.support.weir_gateway import Gateway
from weir.api.traffic import TailQuery
from weir.client.client import Client
from weir.client.errors import Missing, NotAllowed, Refused, Stale

pytestmark = pytest.mark.xdist_group("weir-api")

RULES = 'rule dill { when path == "/dill"; respond 200 "dill" }\n'


def token_of(gateway: Gateway) -> str:
    return (gateway.up.state / "admin.token").read_text().strip()


def passed_on(gateway: Gateway, asked: Asked) -> Says:
    """What the real API says to it."""
    headers = {
        name: value for name, value in asked.headers.items() if name not in ("host", "accept-encoding")
    }
    request = urllib.request.Request(
        gateway.client.url + asked.target, data=asked.body or None, method=asked.method, headers=headers
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return Says(response.status, response.read(), response.headers["Content-Type"])


def test_a_publish_whose_answer_was_lost_is_made_once_and_told(gateway: Gateway) -> None:
    tag = gateway.client.config.text().etag
    before = gateway.client.versions.list().items[0].number

    def pass_on(asked: Asked) -> Says:
        return passed_on(gateway, asked)

    def lose(asked: Asked) -> Says:
        """It is done, and its answer never arrives."""
        pass_on(asked)
        return Says(0)

    with ScriptedApi(lose, pass_on) as between, Client(between.url, token_of(gateway)) as client:
        written = client.config.replace(RULES, if_match=tag)
        assert len(between.asked) == 2
    assert (written.outcome, written.number) == ("already-published", before + 1)
    assert gateway.client.versions.list().items[0].number == before + 1


def test_definitions_are_created_replaced_and_deleted_with_their_tags(gateway: Gateway) -> None:
    rules = gateway.client.rules
    assert rules.create("dill", RULES).outcome == "published"
    with pytest.raises(Refused):
        rules.create("dill", RULES)
    held = rules.get("dill")
    rules.replace("dill", RULES.replace("200", "201"), if_match=held.etag)
    with pytest.raises(Stale) as stale:
        rules.replace("dill", RULES.replace("200", "202"), if_match=held.etag)
    assert stale.value.winner is not None
    assert [item.name for item in rules.every() if item.owner == "api"] == ["dill"]
    assert rules.delete("dill", if_match=rules.text("dill").etag).difference.removed == 1
    with pytest.raises(Missing):
        rules.get("dill")


def test_a_draft_is_checked_without_a_publish(gateway: Gateway) -> None:
    checked = gateway.client.config.check("rule a { when any; proxy nowhere }")
    assert (checked.valid, checked.problems[0].code) == (False, "unknown-upstream")
    assert gateway.client.config.check(gateway.client.config.get().config.document).valid


def test_requests_are_seen_as_they_happen(gateway: Gateway) -> None:
    gateway.publish(RULES)
    samples = gateway.client.traffic.tail(TailQuery(rule="dill"))
    try:
        # The first requests may come before the node has heard that somebody listens.
        done = threading.Event()

        def ask() -> None:
            while not done.wait(0.05):
                gateway.up.get("/dill")

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            seen = next(samples)
        finally:
            done.set()
            asking.join()
        assert (seen.rule, seen.path, seen.status) == ("dill", "/dill", 200)
    finally:
        samples.close()  # type: ignore[attr-defined]


def test_a_version_is_an_event(gateway: Gateway) -> None:
    gateway.publish("language 1\n")
    events = gateway.client.events.stream()
    publishing = threading.Timer(0.5, lambda: Client(gateway.client.url, token_of(gateway)).config.replace(
        RULES, if_match="*"
    ))  # fmt: skip
    publishing.start()
    try:
        kinds = set()
        for event in events:
            kinds.add(type(event).__name__)
            if "VersionEvent" in kinds:
                break
    finally:
        publishing.join()
        events.close()  # type: ignore[attr-defined]
    assert "VersionEvent" in kinds


def test_a_token_is_asked_for_without_being_shown_and_then_used(gateway: Gateway, tmp_path: Path) -> None:
    token = gateway.weir.run("token", "create", "ann", "--role", "editor").out.strip()
    weir = Commands(tmp_path / "none", tmp_path / "home")
    seen = at_a_terminal(["login", gateway.client.url], [("Token: ", token)], weir.variables)
    assert seen.code == 0, seen.screen
    assert token not in seen.screen
    assert "ann (editor)" in seen.screen
    assert weir.run("show").code == 0
    (listed,) = [
        row for row in gateway.weir.run("token", "list", "--json").json["items"] if row["name"] == "ann"
    ]
    assert gateway.weir.run("token", "revoke", listed["id"]).code == 0
    refused = weir.run("show")
    assert (refused.code, "weir login" in refused.err) == (2, True)
    assert weir.run("logout").code == 0


def test_a_rotated_token_ends_and_the_new_one_works(gateway: Gateway) -> None:
    old = gateway.weir.run("token", "create", "ci", "--json").json
    new = gateway.weir.run("token", "rotate", old["token"]["id"]).out.strip()
    with Client(gateway.client.url, new) as client:
        assert client.sessions.current().name == "ci"
    with Client(gateway.client.url, old["secret"]) as client, pytest.raises(NotAllowed):
        client.sessions.current()


def test_refusals_are_in_the_audit_log_too(gateway: Gateway, written: Path) -> None:
    written.write_text("rule {")
    gateway.weir.run("apply", str(written), "--yes")
    entry = gateway.weir.run("audit", "-n", "1", "--operation", "config", "--json").json["items"][0]
    assert (entry["operation"], entry["status"]) == ("config.replace", 422)


@pytest.mark.parametrize(
    "verb", [["status"], ["tail"], ["edit"], ["explain", "http://h/"]], ids=lambda words: words[0]
)
def test_every_command_says_that_nobody_answers(verb: list[str], tmp_path: Path) -> None:
    weir = Commands(tmp_path, tmp_path, WEIR_ADMIN_URL=f"http://127.0.0.1:{free_port()}", WEIR_TOKEN="t")
    ran = weir.run(*verb)
    assert ran.code == 3
    assert ran.err.startswith(f"weir {verb[0]}: no admin API answers at http://127.0.0.1:")
    assert ran.err.count("\n") == 1
