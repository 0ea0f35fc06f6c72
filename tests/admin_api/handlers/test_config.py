"""The whole configuration of one owner: read, checked, replaced; precondition, dry run, repetition."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from flask.testing import FlaskClient

from tests.support.admin import admin_app
from weir.models.document import Document
from weir.rules.parser import parse
from weir.store.connect import Client
from weir.store.errors import StoreAway
from weir.store.keys import Keys
from weir.store.publish import AlreadyPublished, Behind, Empty, Foreign, Publisher, Unknown

TEXT = {"Content-Type": "text/plain"}
RULES = "language 1\n\nupstream u { target http://127.0.0.1:1 }\nrule a { proxy u }\n"
CONFIG = "/api/v1/config"


@pytest.fixture
def api(client: Client) -> FlaskClient:
    return admin_app(client, "editor")  # type: ignore[no-any-return]


@pytest.fixture
def put(api: FlaskClient) -> Callable[..., object]:
    def put(text: str, tag: str, query: str = "") -> object:
        return api.put(f"{CONFIG}{query}", data=text, headers=TEXT | {"If-Match": f'"{tag}"'})

    return put


def tag(api: FlaskClient) -> str:
    return api.get(CONFIG).headers["ETag"].strip('"')


def first(api: FlaskClient, text: str = RULES, query: str = "?message=first") -> str:
    response = api.put(CONFIG + query, data=text, headers=TEXT | {"If-Match": '"0-"'})
    assert response.status_code == 200, response.text
    return response.headers["ETag"].strip('"')


def test_an_empty_store_has_an_empty_configuration_with_a_tag(api: FlaskClient) -> None:
    response = api.get(CONFIG)
    assert response.headers["ETag"] == '"0-"'
    assert response.json == {"owner": "api", "number": 0, "incarnation": "", "document": {}}


def test_what_was_put_as_text_is_got_as_text_and_as_json(api: FlaskClient) -> None:
    etag = first(api)
    text = api.get(CONFIG, headers={"Accept": "text/plain"})
    assert (text.text, text.headers["ETag"]) == (RULES, f'"{etag}"')
    found = api.get(CONFIG)
    assert msgspec.convert(found.json["document"], Document) == parse(RULES).document
    assert etag == f"1-{found.json['incarnation'][:8]}"


def test_json_is_taken_as_it_is_given(api: FlaskClient) -> None:
    etag = first(api)
    document = api.get(CONFIG).json["document"]
    document["definitions"][1]["name"] = "renamed"
    response = api.put(CONFIG, json=document, headers={"If-Match": f'"{etag}"'})
    assert (response.status_code, response.json["difference"]["added"]) == (200, 1)
    assert "rule renamed" in api.get(CONFIG, headers={"Accept": "text/plain"}).text


def test_a_write_says_what_it_changed_and_is_noted_with_its_author_and_reason(api: FlaskClient) -> None:
    etag = first(api)
    changed = RULES.replace("proxy u", "proxy u; log off")
    response = api.put(f"{CONFIG}?message=quiet", data=changed, headers=TEXT | {"If-Match": f'"{etag}"'})
    written = response.json
    assert (written["number"], written["outcome"], written["owner"]) == (2, "published", "api")
    assert [(each["change"], each["name"]) for each in written["difference"]["changes"]] == [("changed", "a")]
    assert "+rule a { proxy u; log off }" in written["difference"]["text"]
    assert response.headers["ETag"].startswith('"2-')
    version = api.get("/api/v1/versions/2").json
    assert (version["author"], version["message"]) == ("tester", "quiet")


def test_the_same_configuration_again_is_no_new_version(api: FlaskClient) -> None:
    etag = first(api)
    response = api.put(CONFIG, data=RULES, headers=TEXT | {"If-Match": f'"{etag}"'})
    assert (response.json["outcome"], response.json["number"]) == ("unchanged", 1)
    assert response.headers["ETag"] == f'"{etag}"'


def test_a_dry_run_shows_everything_and_publishes_nothing(
    api: FlaskClient, put: Callable[..., object]
) -> None:
    etag = first(api)
    response = put(RULES + "upstream idle { target http://127.0.0.1:2 }\n", etag, "?dry_run=true")
    assert response.json["outcome"] == "dry-run"
    assert response.json["difference"]["added"] == 1
    assert [each["code"] for each in response.json["warnings"]] == ["unused"]
    assert tag(api) == etag


def test_warnings_of_a_text_have_lines(api: FlaskClient) -> None:
    response = api.put(
        CONFIG,
        data=RULES + "upstream idle { target http://127.0.0.1:2 }\n",
        headers=TEXT | {"If-Match": '"0-"'},
    )
    assert [(each["code"], each["line"], each["column"]) for each in response.json["warnings"]] == [
        ("unused", 5, 1)
    ]


def test_errors_are_all_told_with_their_places_and_nothing_is_published(
    api: FlaskClient, put: Callable[..., object]
) -> None:
    etag = first(api)
    response = put("rule a { proxy nobody }\nrule b { limit none; respond 200 }\n", etag)
    assert response.status_code == 422
    assert response.json["code"] == "invalid-rules"
    places = [(each["code"], each["line"], each["column"]) for each in response.json["errors"]]
    assert places == [("unknown-upstream", 1, 16), ("unknown-limit", 2, 10)]
    assert tag(api) == etag


@pytest.mark.parametrize("clause", ["require mtls", 'set request header "X" = secret("s")'])
def test_what_nodes_cannot_do_yet_is_refused_here(api: FlaskClient, clause: str) -> None:
    response = api.put(
        CONFIG, data=f"rule a {{ {clause}; respond 200 }}", headers=TEXT | {"If-None-Match": "*"}
    )
    assert [each["code"] for each in response.json["errors"]] == ["not-built"]


def test_an_unknown_field_is_refused_with_its_path(api: FlaskClient) -> None:
    body = {"definitions": [{"kind": "rule", "name": "a", "colour": "red"}]}
    response = api.put(CONFIG, json=body, headers={"If-None-Match": "*"})
    assert (response.status_code, response.json["code"]) == (400, "unknown-field")
    assert response.json["errors"][0]["path"].endswith(".colour")


def test_a_condition_nested_too_deeply_is_refused(api: FlaskClient) -> None:
    condition: dict[str, object] = {"kind": "any"}
    for _ in range(40):
        condition = {"kind": "not", "term": condition}
    rule = {"kind": "rule", "name": "a", "clauses": [{"kind": "when", "condition": condition}]}
    response = api.put(CONFIG, json={"definitions": [rule]}, headers={"If-None-Match": "*"})
    assert [each["code"] for each in response.json["errors"]] == ["too-deep"]


def test_a_stale_write_is_told_who_won_and_what_differs(api: FlaskClient, put: Callable[..., object]) -> None:
    etag = first(api)
    put(RULES.replace("rule a", "rule winner"), etag, "?message=faster")
    response = put(RULES.replace("rule a", "rule loser"), etag)
    assert (response.status_code, response.json["code"]) == (412, "stale")
    assert response.json["winner"]["number"] == 2
    assert (response.json["winner"]["author"], response.json["winner"]["message"]) == ("tester", "faster")
    assert "+rule winner { proxy u }" in response.json["difference"]
    assert "loser" not in api.get(CONFIG, headers={"Accept": "text/plain"}).text


@pytest.mark.parametrize("bad", ["1-00000000", "99-", "x", "0-"])
def test_any_other_tag_is_stale(api: FlaskClient, put: Callable[..., object], bad: str) -> None:
    first(api)
    assert put(RULES + "rule b { proxy u }", bad).status_code == 412


def test_a_version_that_the_store_lost_is_said_to_be_lost(
    api: FlaskClient, put: Callable[..., object]
) -> None:
    incarnation = first(api).partition("-")[2]
    response = put(RULES + "rule b { proxy u }", f"7-{incarnation}")
    assert "lost version 7" in response.json["detail"]


def test_any_tag_will_do_for_a_star(api: FlaskClient) -> None:
    first(api)
    response = api.put(CONFIG, data="rule b { respond 200 }", headers=TEXT | {"If-Match": "*"})
    assert response.json["number"] == 2


def test_only_create_is_refused_where_there_is_something(api: FlaskClient) -> None:
    first(api)
    response = api.put(CONFIG, data=RULES, headers=TEXT | {"If-None-Match": "*"})
    assert response.status_code == 412
    assert "published as version 1" in response.json["detail"]


def test_what_kubernetes_says_is_not_written_here(api: FlaskClient) -> None:
    response = api.put(f"{CONFIG}?owner=k8s", data=RULES, headers=TEXT | {"If-Match": "*"})
    assert (response.status_code, response.json["code"]) == (403, "read-only-owner")


def test_owners_do_not_disturb_each_other(api: FlaskClient) -> None:
    etag = first(api)
    other = api.put(
        f"{CONFIG}?owner=file", data="rule f { respond 200 }", headers=TEXT | {"If-Match": '"0-"'}
    )
    assert other.status_code == 412  # the store is not the empty one any more
    now = api.get(f"{CONFIG}?owner=file").headers["ETag"]
    assert now == f'"0-{etag.partition("-")[2]}"'
    other = api.put(f"{CONFIG}?owner=file", data="rule f { respond 200 }", headers=TEXT | {"If-Match": now})
    assert other.json["number"] == 2
    assert tag(api) == etag


def test_a_repeated_publish_id_becomes_the_same_version_also_after_others_published(
    api: FlaskClient, put: Callable[..., object]
) -> None:
    etag = first(api)
    changed = RULES + "rule b { proxy u }\n"
    one = put(changed, etag, "?publish_id=p1")
    put(changed + "rule c { proxy u }\n", one.headers["ETag"].strip('"'))
    again = put(changed, etag, "?publish_id=p1")
    assert (again.status_code, again.json["outcome"], again.json["number"]) == (200, "already-published", 2)
    assert tag(api).startswith("3-")


def test_an_earlier_version_is_got_under_its_number_and_its_tag_is_good_for_no_write(
    api: FlaskClient, put: Callable[..., object]
) -> None:
    put(RULES + "rule b { proxy u }", first(api))
    old = api.get(f"{CONFIG}?version=1", headers={"Accept": "text/plain"})
    assert old.text == RULES
    assert put(RULES, old.headers["ETag"].strip('"')).status_code == 412
    assert api.get(f"{CONFIG}?version=9").json["code"] == "version-gone"


def test_a_check_answers_with_errors_warnings_and_their_places(api: FlaskClient) -> None:
    def check(text: str) -> object:
        return api.post(f"{CONFIG}/check", data=text, headers=TEXT).json

    assert check(RULES) == {"valid": True, "problems": [], "warnings_cut": False}
    syntax = check("rule a {\n  whem any\n}")
    assert (syntax["valid"], syntax["problems"][0]["line"], syntax["problems"][0]["column"]) == (False, 2, 3)
    unused = check(RULES + "\nupstream idle { target http://127.0.0.1:2 }")
    assert (unused["valid"], unused["problems"][0]["code"], unused["problems"][0]["line"]) == (
        True,
        "unused",
        6,
    )


def test_a_check_is_no_change(api: FlaskClient) -> None:
    api.post(f"{CONFIG}/check", data=RULES, headers=TEXT)
    assert api.noted == []
    assert tag(api) == "0-"


def test_a_viewer_sees_what_a_draft_would_change_and_nothing_is_published(client: Client) -> None:
    etag = first(admin_app(client, "editor"))
    viewer = admin_app(client, "viewer")
    draft = RULES.replace("rule a { proxy u }", "rule b { respond 404 }")
    response = viewer.post(f"{CONFIG}/difference", data=draft, headers=TEXT)
    assert (response.status_code, response.headers["ETag"]) == (200, f'"{etag}"')
    assert [(each["name"], each["change"]) for each in response.json["changes"]] == [
        ("b", "added"),
        ("a", "removed"),
    ]
    document = msgspec.to_builtins(parse(draft).document)
    assert viewer.post(f"{CONFIG}/difference", json=document).json == response.json
    assert viewer.post(f"{CONFIG}/difference", data=RULES, headers=TEXT).json["changes"] == []
    assert tag(viewer) == etag
    assert viewer.noted == []


def test_a_difference_is_refused_where_a_write_would_be(api: FlaskClient) -> None:
    def asked(data: str, query: str = "") -> tuple[int, str]:
        response = api.post(f"{CONFIG}/difference{query}", data=data, headers=TEXT)
        written = api.put(
            f"{CONFIG}?dry_run=true{query.replace('?', '&')}", data=data, headers=TEXT | {"If-Match": "*"}
        )
        assert (response.status_code, response.json["code"]) == (written.status_code, written.json["code"])
        assert response.json.get("errors") == written.json.get("errors")
        return response.status_code, response.json["code"]

    assert asked("rule {")[0] == 422
    assert asked("rule a { when any; proxy nowhere }")[0] == 422
    assert asked(RULES, "?owner=k8s") == (403, "read-only-owner")
    assert asked(RULES, "?owner=nobody")[0] == 400


@pytest.mark.parametrize("lost", [Behind(3), Foreign("x"), Empty()])
def test_a_store_that_became_another_one_between_look_and_publish_is_told(
    api: FlaskClient, monkeypatch: pytest.MonkeyPatch, lost: object
) -> None:
    etag = first(api)
    monkeypatch.setattr(Publisher, "publish_chunks", lambda *_: lost)
    response = api.put(CONFIG, data=RULES + "rule b { proxy u }", headers=TEXT | {"If-Match": f'"{etag}"'})
    assert (response.status_code, response.json["code"]) == (412, "stale")


def test_an_unknown_outcome_is_never_called_done(api: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    etag = first(api)
    unknown = Unknown(7, "p9", "the connection broke")
    monkeypatch.setattr(Publisher, "publish_chunks", lambda *_: unknown)
    response = api.put(CONFIG, data=RULES + "rule b { proxy u }", headers=TEXT | {"If-Match": f'"{etag}"'})
    assert (response.status_code, response.json["code"]) == (503, "outcome-unknown")
    assert (response.json["check"], response.json["publish_id"]) == (7, "p9")
    assert "check version 7" in response.json["detail"]


def test_a_repetition_whose_durability_is_unknown_still_says_unknown(
    api: FlaskClient, monkeypatch: pytest.MonkeyPatch, put: Callable[..., object]
) -> None:
    etag = first(api, query="?publish_id=p1")
    monkeypatch.setattr(Publisher, "restore", lambda *_: Unknown(1, "p1", "the disk is slow"))
    assert put(RULES, etag, "?publish_id=p1").json["code"] == "outcome-unknown"
    monkeypatch.setattr(Publisher, "restore", lambda *_: AlreadyPublished(1, True))
    assert put(RULES, etag, "?publish_id=p1").json["durable"] is True


def test_a_store_that_is_away_is_a_503_and_nothing_was_done(
    api: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreAway("it is off", sent=False)

    etag = first(api)
    monkeypatch.setattr(Publisher, "publish_chunks", away)
    response = api.put(CONFIG, data=RULES + "rule b { proxy u }", headers=TEXT | {"If-Match": f'"{etag}"'})
    assert (response.status_code, response.json["code"]) == (503, "store-away")


def test_only_the_chunk_of_a_changed_rule_is_read_by_another_process(client: Client) -> None:
    rules = "".join(f'rule r{number} {{ when path == "/{number}"; respond 200 }}\n' for number in range(600))
    writer, reader = admin_app(client, "editor"), admin_app(client, "viewer")
    first(writer, rules)
    assert reader.get("/api/v1/rules/r300").status_code == 200
    asked: list[int] = []
    services = reader.application.config["SERVICES"]
    fetch = services.versions.fetch_chunks
    services.versions.fetch_chunks = lambda hashes: asked.append(len(hashes)) or fetch(hashes)
    writer.put("/api/v1/rules/r300", data="rule r300 { respond 204 }", headers=TEXT | {"If-Match": "*"})
    assert "204" in reader.get("/api/v1/rules/r300", headers={"Accept": "text/plain"}).text
    assert asked == [1]


def test_the_answer_names_the_keys_of_this_cluster_only(client: Client) -> None:
    first(admin_app(client, "editor", keys=Keys("one")))
    assert tag(admin_app(client, "viewer", keys=Keys("two"))) == "0-"
