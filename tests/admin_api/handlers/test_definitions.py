"""Single definitions: rules, groups, upstreams, limits, defines."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.support.admin import admin_app
from weir.store.connect import Client

TEXT = {"Content-Type": "text/plain"}
RULES = """\
language 1

define inside = ip in ["10.0.0.0/8"]
limit gold { 5 per 1s }
upstream u { target http://127.0.0.1:1 }
upstream v { target http://127.0.0.1:2 }
rule a { when host == "a.example.com" and inside; proxy u; tag fast }

group g {
    when host in ["*.b.example.com", "b.example.com"]
    tag slow
    limit gold
    rule x { when path == "/x"; proxy u }
    rule y { when path == "/y"; proxy v }
}

rule z { when not host == "a.example.com"; respond 404 }
"""
API = "/api/v1"


@pytest.fixture
def api(client: Client) -> FlaskClient:
    api: FlaskClient = admin_app(client, "editor")
    response = api.put(f"{API}/config", data=RULES, headers=TEXT | {"If-Match": '"0-"'})
    assert response.status_code == 200, response.text
    return api


def text_of(api: FlaskClient) -> str:
    return api.get(f"{API}/config", headers={"Accept": "text/plain"}).text


def put(api: FlaskClient, path: str, text: str, tag: str = "*", **headers: str) -> object:
    return api.put(f"{API}/{path}", data=text, headers=TEXT | (headers or {"If-Match": tag}))


def names(api: FlaskClient, path: str) -> list[str]:
    response = api.get(f"{API}/{path}")
    assert response.status_code == 200, response.text
    return [each["name"] for each in response.json["items"]]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("rules", ["a", "g/x", "g/y", "z"]),
        ("groups", ["g"]),
        ("upstreams", ["u", "v"]),
        ("limits", ["gold"]),
        ("defines", ["inside"]),
        ("rules?owner=file", []),
        ("rules?q=G/X", ["g/x"]),
        ("rules?q=b.example", []),
        ("groups?q=b.example", ["g"]),
        ("upstreams?q=127.0.0.1:2", ["v"]),
        ("rules?tag=slow", ["g/x", "g/y"]),
        ("rules?tag=fast", ["a"]),
        ("rules?host=a.example.com", ["a"]),
        ("rules?host=1.b.example.com", ["g/x", "g/y"]),
        ("rules?host=1.2.b.example.com", []),
        ("rules?upstream=u", ["a", "g/x"]),
        ("groups?upstream=v", ["g"]),
        ("groups?upstream=v&tag=fast", []),
        ("rules?upstream=u&tag=slow&q=x", ["g/x"]),
    ],
)
def test_lists_hold_what_fits_in_the_order_of_the_document(
    api: FlaskClient, path: str, expected: list[str]
) -> None:
    assert names(api, path) == expected


def test_pages_go_on_behind_the_last_item_also_after_an_edit(api: FlaskClient) -> None:
    one = api.get(f"{API}/rules?limit=2").json
    assert [each["name"] for each in one["items"]] == ["a", "g/x"]
    put(api, "rules/new?before=a", "rule new { respond 200 }", **{"If-None-Match": "*"})
    two = api.get(f"{API}/rules?limit=2&cursor={one['next']}").json
    assert ([each["name"] for each in two["items"]], two["next"]) == (["g/y", "z"], "")
    assert api.get(f"{API}/rules?cursor=nonsense").status_code == 400


def test_rules_of_all_owners_are_listed_in_their_order_and_pages_cross_owners(api: FlaskClient) -> None:
    api.put(f"{API}/config?owner=file", data="rule f { respond 200 }", headers=TEXT | {"If-Match": "*"})
    page = api.get(f"{API}/rules?limit=1").json
    assert [(each["owner"], each["name"]) for each in page["items"]] == [("file", "f")]
    page = api.get(f"{API}/rules?limit=1&cursor={page['next']}").json
    assert [(each["owner"], each["name"]) for each in page["items"]] == [("api", "a")]


def test_what_is_got_can_be_put_again(api: FlaskClient) -> None:
    for path in ("rules/a", "rules/g%2Fx", "groups/g", "upstreams/u", "limits/gold", "defines/inside"):
        found = api.get(f"{API}/{path}")
        listed = api.get(f"{API}/{path.partition('/')[0]}").json["items"]
        assert found.headers["ETag"].strip('"') in {each["etag"] for each in listed}
        response = api.put(f"{API}/{path}", json=found.json, headers={"If-Match": found.headers["ETag"]})
        assert (response.status_code, response.json["outcome"]) == (200, "unchanged")
        text = api.get(f"{API}/{path}", headers={"Accept": "text/plain"}).text
        assert put(api, path, text, found.headers["ETag"]).json["outcome"] == "unchanged"
    assert text_of(api) == RULES


def test_a_rule_is_replaced_and_the_rest_stays_as_it_was_written(api: FlaskClient) -> None:
    tag = api.get(f"{API}/rules/a").headers["ETag"]
    response = put(api, "rules/a", "# mine\nrule a { proxy v }", tag)
    assert (response.json["number"], response.json["difference"]["changed"]) == (2, 1)
    old = 'rule a { when host == "a.example.com" and inside; proxy u; tag fast }'
    assert text_of(api) == RULES.replace(f"\n{old}", "\n\n# mine\nrule a { proxy v }")
    assert response.headers["ETag"] == api.get(f"{API}/rules/a").headers["ETag"]


def test_a_rule_is_created_in_a_group_and_beside_others(api: FlaskClient) -> None:
    new = {"If-None-Match": "*"}
    assert put(api, "rules/g%2Fw?before=g/y", "rule w { proxy u }", **new).status_code == 200
    assert put(api, "rules/b?after=a", "rule b { proxy u }", **new).status_code == 200
    assert names(api, "rules") == ["a", "b", "g/x", "g/w", "g/y", "z"]


def test_a_rule_is_moved(api: FlaskClient) -> None:
    tag = api.get(f"{API}/rules/z").headers["ETag"]
    body = api.get(f"{API}/rules/z").json
    response = api.put(f"{API}/rules/z?before=a", json=body, headers={"If-Match": tag})
    assert response.json["difference"]["changes"][0]["change"] == "moved"
    assert names(api, "rules") == ["z", "a", "g/x", "g/y"]


def test_what_exists_is_not_created_again(api: FlaskClient) -> None:
    response = put(api, "rules/a", "rule a { proxy v }", **{"If-None-Match": "*"})
    assert (response.status_code, response.json["code"]) == (409, "exists")


def test_deleting_what_must_not_be_there_is_refused_where_it_is_there(api: FlaskClient) -> None:
    response = api.delete(f"{API}/rules/a", headers={"If-None-Match": "*"})
    assert (response.status_code, response.json["code"]) == (412, "stale")
    assert api.get(f"{API}/rules/a").status_code == 200


def test_a_rule_is_removed(api: FlaskClient) -> None:
    response = api.delete(f"{API}/rules/g%2Fx", headers={"If-Match": "*"})
    assert (response.status_code, response.json["difference"]["removed"]) == (200, 1)
    assert names(api, "rules") == ["a", "g/y", "z"]
    assert api.delete(f"{API}/rules/g%2Fx", headers={"If-Match": "*"}).json["code"] == "no-such-rule"


def test_what_others_refer_to_is_not_removed(api: FlaskClient) -> None:
    response = api.delete(f"{API}/upstreams/v", headers={"If-Match": "*"})
    assert (response.status_code, response.json["errors"][0]["code"]) == (422, "unknown-upstream")


def test_an_error_of_a_rule_is_told_and_nothing_is_published(api: FlaskClient) -> None:
    response = put(api, "rules/a", "rule a { proxy uu }")
    assert (response.status_code, response.json["errors"][0]["suggestion"]) == (422, '"u"')
    syntax = put(api, "rules/a", "rule a {\n  proxi u\n}")
    assert (syntax.json["errors"][0]["line"], syntax.json["errors"][0]["column"]) == (2, 3)
    assert text_of(api) == RULES


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        ("rules/a", "rule b { respond 200 }", "name-differs"),
        ("rules/nogroup%2Fb", "rule b { respond 200 }", "name-differs"),
        ("rules/a", "upstream a { target http://127.0.0.1:1 }", "not-one-definition"),
        ("rules/a", "rule a { respond 200 }\nrule b { respond 200 }", "not-one-definition"),
        ("rules/a", "# nothing", "not-one-definition"),
        ("rules/a", "rule a { require mtls; respond 200 }", "not-built"),
    ],
)
def test_a_text_that_is_not_this_definition_is_refused(
    api: FlaskClient, path: str, text: str, code: str
) -> None:
    tag = {"If-None-Match": "*"} if "nogroup" in path else {"If-Match": "*"}
    response = put(api, path, text, **tag)
    assert (response.status_code, response.json["errors"][0]["code"]) == (422, code)


def test_places_are_checked(api: FlaskClient) -> None:
    both = put(api, "rules/a?before=z&after=z", "rule a { proxy u }")
    assert both.status_code == 400
    nobody = put(api, "rules/a?before=nobody", "rule a { proxy u }")
    assert (nobody.status_code, nobody.json["code"]) == (422, "no-such-neighbour")
    inside = put(api, "rules/a?after=g/x", "rule a { proxy u }")
    assert "is in a group" in inside.json["detail"]


def test_unknown_fields_of_a_definition_are_refused(api: FlaskClient) -> None:
    body = {
        "kind": "upstream",
        "name": "u",
        "clauses": [{"kind": "target", "url": "http://127.0.0.1:1", "wight": 3}],
    }
    response = api.put(f"{API}/upstreams/u", json=body, headers={"If-Match": "*"})
    assert (response.status_code, response.json["code"]) == (400, "unknown-field")
    assert response.json["errors"][0]["path"].endswith(".wight")


def test_a_write_of_one_rule_is_stale_only_if_that_rule_changed(api: FlaskClient) -> None:
    tag = api.get(f"{API}/rules/a").headers["ETag"]
    put(api, "rules/z?message=other", "rule z { respond 410 }")
    assert put(api, "rules/a", "rule a { proxy v }", tag).status_code == 200
    stale = put(api, "rules/a?message=mine", "rule a { proxy u; log off }", tag)
    assert (stale.status_code, stale.json["code"]) == (412, "stale")
    assert (stale.json["winner"]["number"], stale.json["winner"]["author"]) == (3, "tester")
    assert "+rule a { proxy v }" in stale.json["difference"]
    assert '-rule a { when host == "a.example.com"' in stale.json["difference"]


def test_a_removed_rule_is_told_to_who_still_sees_it(api: FlaskClient) -> None:
    tag = api.get(f"{API}/rules/z").headers["ETag"]
    api.delete(f"{API}/rules/z?message=gone", headers={"If-Match": "*"})
    stale = put(api, "rules/z", "rule z { respond 200 }", tag)
    for response in (stale, api.delete(f"{API}/rules/z", headers={"If-Match": tag})):
        assert (response.status_code, response.json["winner"]["message"]) == (412, "gone")
        assert "is not there any more" in response.json["detail"]


def test_a_write_needs_a_precondition(api: FlaskClient) -> None:
    assert api.put(f"{API}/rules/a", data="rule a { proxy u }", headers=TEXT).status_code == 428
    assert api.delete(f"{API}/rules/a").status_code == 428


def test_a_repeated_publish_id_is_one_version_though_the_tag_is_old(api: FlaskClient) -> None:
    tag = api.get(f"{API}/rules/a").headers["ETag"]
    for outcome in ("published", "already-published"):
        response = put(api, "rules/a?publish_id=p1", "rule a { proxy v }", tag)
        assert (response.json["outcome"], response.json["number"]) == (outcome, 2)


def test_a_dry_run_of_one_rule_publishes_nothing(api: FlaskClient) -> None:
    response = put(api, "rules/a?dry_run=true", "rule a { proxy v }")
    assert (response.json["outcome"], response.json["difference"]["changed"]) == ("dry-run", 1)
    assert text_of(api) == RULES


def test_somebody_elses_publish_between_look_and_publish_is_built_upon(
    client: Client, api: FlaskClient
) -> None:
    other: FlaskClient = admin_app(client, "editor")
    documents = api.application.config["SERVICES"].documents
    see, interrupted = documents.see, []

    def see_then_be_overtaken(owner: str) -> object:
        seen = see(owner)
        if len(interrupted) < 3:
            interrupted.append(put(other, "rules/z", f"rule z {{ respond {500 + len(interrupted)} }}"))
        return seen

    documents.see = see_then_be_overtaken
    assert put(api, "rules/a", "rule a { proxy v }").json["number"] == 5
    assert "rule z { respond 502 }" in text_of(api)
    assert "rule a { proxy v }" in text_of(api)


def test_after_eight_times_overtaken_a_write_gives_up_and_says_so(client: Client, api: FlaskClient) -> None:
    other: FlaskClient = admin_app(client, "editor")
    documents = api.application.config["SERVICES"].documents
    see, count = documents.see, [0]

    def see_then_be_overtaken(owner: str) -> object:
        seen = see(owner)
        count[0] += 1
        put(other, "rules/z", f"rule z {{ respond {500 + count[0]} }}")
        return seen

    documents.see = see_then_be_overtaken
    response = put(api, "rules/a", "rule a { proxy v }")
    assert (response.status_code, response.json["code"], count[0]) == (503, "busy", 8)
    assert "rule a { proxy v }" not in text_of(other)


def test_a_write_of_one_rule_does_not_check_the_others_again(
    api: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[int] = []
    from admin_api import checker

    whole = checker.errors_in
    monkeypatch.setattr(checker, "errors_in", lambda *given: checked.append(1) or whole(*given))
    assert put(api, "rules/a", "rule a { proxy v }").status_code == 200
    assert checked == []


def test_the_very_same_edit_made_by_somebody_else_meanwhile_is_theirs(
    client: Client, api: FlaskClient
) -> None:
    other: FlaskClient = admin_app(client, "editor")
    tag = api.get(f"{API}/rules/z").headers["ETag"]
    documents = api.application.config["SERVICES"].documents
    see, interrupted = documents.see, []

    def see_then_be_overtaken(owner: str) -> object:
        seen = see(owner)
        if not interrupted:
            interrupted.append(put(other, "rules/z?message=theirs", "rule z { respond 410 }", tag))
        return seen

    documents.see = see_then_be_overtaken
    response = put(api, "rules/z", "rule z { respond 410 }", tag)
    assert interrupted[0].status_code == 200
    assert (response.status_code, response.json["winner"]["message"]) == (412, "theirs")
