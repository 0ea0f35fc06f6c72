"""Versions: listed, compared, restored."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.support.admin import admin_app
from weir.store.connect import Client
from weir.store.keys import Keys
from weir.store.publish import Publisher

TEXT = {"Content-Type": "text/plain"}
VERSIONS = "/api/v1/versions"


def put(api: FlaskClient, text: str, owner: str = "api", message: str = "") -> None:
    query = f"?owner={owner}&message={message}"
    response = api.put(f"/api/v1/config{query}", data=text, headers=TEXT | {"If-Match": "*"})
    assert response.status_code == 200, response.text


def rule(name: str, status: int = 200) -> str:
    return f"rule {name} {{ respond {status} }}\n"


@pytest.fixture
def api(client: Client) -> FlaskClient:
    api: FlaskClient = admin_app(client, "editor")
    put(api, rule("a"), message="one")
    put(api, rule("f"), "file", "two")
    put(api, rule("a", 201) + rule("b"), message="three")
    return api


def test_versions_come_newest_first_with_who_when_why_and_whose(api: FlaskClient) -> None:
    items = api.get(VERSIONS).json["items"]
    assert [(each["number"], each["parent"], each["message"]) for each in items] == [
        (3, 2, "three"),
        (2, 1, "two"),
        (1, 0, "one"),
    ]
    assert [each["changed"] for each in items] == [["api"], ["file"], ["api"]]
    assert [each["current"] for each in items] == [True, False, False]
    assert {each["author"] for each in items} == {"tester"}
    assert all(each["compared"] for each in items)


def test_a_version_tells_which_chunks_it_added_and_removed_for_each_owner(api: FlaskClient) -> None:
    items = {each["number"]: each for each in api.get(VERSIONS).json["items"]}
    before, after = items[2]["owners"]["api"]["chunks"], items[3]["owners"]["api"]
    assert after["removed"] == before
    assert after["added"] == after["chunks"]
    assert items[3]["owners"]["file"]["added"] == []
    assert items[3] == api.get(f"{VERSIONS}/3").json


def test_pages_follow_each_other_without_a_gap(api: FlaskClient) -> None:
    one = api.get(f"{VERSIONS}?limit=2").json
    two = api.get(f"{VERSIONS}?limit=2&cursor={one['next']}").json
    assert [each["number"] for each in one["items"] + two["items"]] == [3, 2, 1]
    assert two["next"] == ""
    assert two["items"][0]["compared"]


def test_versions_of_one_owner_are_those_that_changed_it(api: FlaskClient) -> None:
    assert [each["number"] for each in api.get(f"{VERSIONS}?owner=api").json["items"]] == [3, 1]
    assert [each["number"] for each in api.get(f"{VERSIONS}?owner=k8s").json["items"]] == []


def test_a_cursor_of_nobody_is_refused(api: FlaskClient) -> None:
    assert api.get(f"{VERSIONS}?cursor=x").status_code == 400


@pytest.mark.parametrize("path", ["9", "0", "x", "1e3", "99999999999999999999", "%F0%9D%9F%99"])
def test_a_version_that_is_not_there_is_a_404(api: FlaskClient, path: str) -> None:
    for rest in ("", "/config", "/difference"):
        assert api.get(f"{VERSIONS}/{path}{rest}").json["code"] == "version-gone"
    response = api.post(f"{VERSIONS}/{path}/restore", headers={"If-Match": "*"})
    assert response.json["code"] == "version-gone"


def test_a_configuration_is_got_as_it_was(api: FlaskClient) -> None:
    text = {"Accept": "text/plain"}
    assert api.get(f"{VERSIONS}/1/config", headers=text).text == "language 1\n\nrule a { respond 200 }\n"
    assert api.get(f"{VERSIONS}/1/config?owner=file", headers=text).text == "language 1\n"
    assert api.get(f"{VERSIONS}/2/config?owner=file").json["number"] == 2


def test_a_version_is_compared_with_the_one_before_or_with_any(api: FlaskClient) -> None:
    found = api.get(f"{VERSIONS}/3/difference").json
    assert (found["number"], found["against"]) == (3, 2)
    changes = [(each["change"], each["name"]) for each in found["difference"]["changes"]]
    assert changes == [("changed", "a"), ("added", "b")]
    back = api.get(f"{VERSIONS}/1/difference?against=3").json["difference"]
    assert (back["removed"], back["changed"]) == (1, 1)
    assert api.get(f"{VERSIONS}/2/difference").json["difference"]["changes"] == []
    assert api.get(f"{VERSIONS}/1/difference").json["against"] == 0
    text = api.get(f"{VERSIONS}/3/difference?against=1", headers={"Accept": "text/plain"}).text
    assert text.startswith("--- version 1\n+++ version 3\n@@ -1,3 +1,4 @@ rule a\n")
    assert api.get(f"{VERSIONS}/3/difference?against=77").status_code == 404


def test_a_restored_version_is_a_new_one_with_the_old_content(api: FlaskClient) -> None:
    etag = api.get("/api/v1/config").headers["ETag"]
    response = api.post(f"{VERSIONS}/1/restore", headers={"If-Match": etag})
    assert (response.json["number"], response.json["outcome"]) == (4, "published")
    assert (response.json["difference"]["removed"], response.json["difference"]["changed"]) == (1, 1)
    assert api.get("/api/v1/config", headers={"Accept": "text/plain"}).text.endswith(
        "rule a { respond 200 }\n"
    )
    assert api.get(f"{VERSIONS}/4").json["message"] == "restore version 1"
    of_file = api.get(f"{VERSIONS}/4/config?owner=file", headers={"Accept": "text/plain"}).text
    assert of_file.endswith("rule f { respond 200 }\n")


def test_a_restore_needs_to_know_what_it_replaces(api: FlaskClient) -> None:
    assert api.post(f"{VERSIONS}/1/restore").status_code == 428
    stale = api.post(f"{VERSIONS}/1/restore", headers={"If-Match": '"1-00000000"'})
    assert stale.json["code"] == "stale"
    dry = api.post(f"{VERSIONS}/1/restore?dry_run=true", headers={"If-Match": "*"})
    assert (dry.json["outcome"], api.get(VERSIONS).json["items"][0]["number"]) == ("dry-run", 3)


def test_a_repeated_restore_is_one_version(api: FlaskClient) -> None:
    etag = api.get("/api/v1/config").headers["ETag"]
    for _ in range(2):
        response = api.post(f"{VERSIONS}/1/restore?publish_id=r1", headers={"If-Match": etag})
        assert response.json["number"] == 4


def test_the_oldest_kept_version_is_not_compared_and_those_before_it_are_gone(client: Client) -> None:
    api: FlaskClient = admin_app(client, "editor")
    services = api.application.config["SERVICES"]
    object.__setattr__(services, "publisher", Publisher(client, Keys("test"), history=2))
    for status in range(200, 205):
        put(api, rule("a", status))
    items = api.get(VERSIONS).json["items"]
    assert [(each["number"], each["compared"]) for each in items] == [(5, True), (4, False)]
    assert api.get(f"{VERSIONS}/3").status_code == 404
    assert api.get(f"{VERSIONS}/4/difference").json["code"] == "version-gone"
    stale = api.put(
        "/api/v1/config", data=rule("b"), headers=TEXT | {"If-Match": f'"1-{items[0]["incarnation"][:8]}"'}
    )
    assert (stale.json["winner"]["number"], stale.json.get("difference", "")) == (5, "")
