"""What a write may be based on, and what its outcome means to its author."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from admin_api import publishing
from admin_api.call import Call, Identity
from admin_api.checker import Drafted
from admin_api.documents import etag_of
from admin_api.problems import Refusal
from admin_api.publishing import Done, intent_of, known_already, publish, refuse_stale, unknown
from admin_api.services import Services, services_of
from tests.support.admin import admin_app
from weir.api.changes import Write
from weir.api.operations import by_id
from weir.rules.parser import parse
from weir.store.chunks import MAX_DEFINITIONS
from weir.store.connect import Client
from weir.store.errors import ChunkUnreadable
from weir.store.keys import Keys
from weir.store.publish import Conflict, Unknown

RULE = Drafted(parse("rule a { respond 200 }").document)


@pytest.fixture
def services(client: Client) -> Services:
    return services_of(client, Keys("test"))


def call(services: Services, author: str = "ann", **query: Any) -> Call:
    return Call(
        operation=by_id()["config.replace"],
        path={},
        query=Write(**query),
        identity=Identity(author, "editor", "token"),
        services=services,
    )


def test_an_intent_has_the_callers_name_within_the_bound_and_an_id(services: Services) -> None:
    intent = intent_of(call(services, "a" * 999), "why not")
    assert (len(intent.author), intent.message, len(intent.publish_id)) == (256, "why not", 32)
    assert not intent.is_repeatable
    chosen = intent_of(call(services, message="because", publish_id="p"), "why not")
    assert (chosen.message, chosen.publish_id, chosen.is_repeatable) == ("because", "p", True)


def test_nobody_writes_for_kubernetes(services: Services) -> None:
    with pytest.raises(Refusal) as refused:
        intent_of(call(services, owner="k8s"))
    assert (refused.value.status, refused.value.code) == (403, "read-only-owner")


def test_a_publish_tells_number_and_tag(services: Services) -> None:
    seen = services.documents.see("api")
    done = publish(call(services), intent_of(call(services)), seen, RULE)
    assert isinstance(done, Done)
    assert (done.written.number, done.written.outcome) == (1, "published")
    now = services.documents.see("api")
    assert done.etag == now.etag == etag_of(1, now.incarnation)


def test_a_publish_upon_what_is_no_longer_there_is_lost(services: Services) -> None:
    seen = services.documents.see("api")
    publish(call(services), intent_of(call(services)), seen, RULE)
    later = services.documents.see("api")
    other = Drafted(parse("rule b { respond 200 }").document)
    assert isinstance(publish(call(services), intent_of(call(services)), later, other), Done)
    lost = publish(call(services), intent_of(call(services)), later, RULE)
    assert isinstance(lost, Conflict)
    same = publish(call(services), intent_of(call(services)), later, other)
    assert isinstance(same, Conflict)  # the very same edit, made by somebody else


def test_a_dry_run_is_never_a_repetition(services: Services) -> None:
    given = call(services, publish_id="p")
    publish(given, intent_of(given), services.documents.see("api"), RULE)
    assert known_already(given, intent_of(given)) is not None
    dry = call(services, publish_id="p", dry_run=True)
    assert known_already(dry, intent_of(dry)) is None
    assert known_already(call(services), intent_of(call(services))) is None


def test_a_repetition_whose_version_left_the_history_still_has_its_number(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = call(services, publish_id="p")
    publish(given, intent_of(given), services.documents.see("api"), RULE)
    monkeypatch.setattr(services.versions, "manifest", lambda _: None)
    services.client.call("HDEL", services.keys.versions(), 1)
    answer = known_already(given, intent_of(given))
    assert answer is not None
    assert (answer.result.number, answer.result.durable) == (1, None)


@pytest.mark.parametrize("tag", ["", "x", "-", "1", "9999999999999999999-", "１-abc"])
def test_a_tag_that_is_none_of_ours_is_stale(services: Services, tag: str) -> None:
    seen = services.documents.see("api")
    publish(call(services), intent_of(call(services)), seen, RULE)
    with pytest.raises(Refusal) as refused:
        refuse_stale(call(services), services.documents.see("api"), tag)
    assert (refused.value.status, refused.value.answer.winner is not None) == (412, True)


def test_an_unknown_outcome_names_what_to_look_at_and_how_to_ask_again() -> None:
    with_version = unknown(Unknown(4, "p", "it fell silent"))
    assert (with_version.status, with_version.answer.check, with_version.answer.publish_id) == (503, 4, "p")
    assert "check version 4, or repeat with publish_id=p" in with_version.answer.detail
    assert "check version" not in unknown(Unknown(0, "p", "it fell silent")).answer.detail


def test_a_definition_too_large_to_store_is_an_error_of_the_rules(
    client: Client, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_large(*_: object) -> None:
        raise ChunkUnreadable(f"{MAX_DEFINITIONS} definitions make 17 MiB")

    monkeypatch.setattr(publishing.Documents, "split", too_large)
    api: FlaskClient = admin_app(client, "editor")
    headers = {"Content-Type": "text/plain", "If-Match": '"0-"'}
    response = api.put("/api/v1/config", data="rule a { respond 200 }", headers=headers)
    assert (response.status_code, response.json["errors"][0]["code"]) == (422, "too-large")
