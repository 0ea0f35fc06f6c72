"""The way of a request through the frame, with operations that need no store."""

from __future__ import annotations

from typing import Any

import pytest

from admin_api.problems import Refusal
from tests.support.admin import AdminClient, admin_app
from tests.support.admin_example import OPERATIONS, Fails, handlers
from weir.models.problem import Problem, Refused
from weir.store.connect import connect
from weir.store.errors import StoreAway, StoreError, VersionGone

THING = "/api/v1/things/a"
MATCH = {"If-Match": '"e1"'}


def app(role: Any = "admin", fails: Fails | None = None) -> Any:
    nowhere = connect("redis://127.0.0.1:1")
    return admin_app(nowhere, role, operations=OPERATIONS, handlers=handlers(fails or Fails()))


@pytest.fixture
def admin() -> Any:
    return app()


def code_of(response: Any) -> tuple[int, str]:
    assert response.content_type == "application/problem+json"
    assert response.json["request_id"] == response.headers["X-Request-Id"]
    return response.status_code, response.json["code"]


# Names and paths


def test_a_slash_inside_a_segment_belongs_to_the_name(admin: AdminClient) -> None:
    answer = admin.get("/api/v1/things/http%3A%2F%2Fa%3A1%2F?limit=3&tag=x&tag=y")
    assert answer.json == {
        "path": {"name": "http://a:1/"},
        "limit": 3,
        "tag": ["x", "y"],
        "media": "application/json",
    }


@pytest.mark.parametrize(
    "path", ["/api/v1/things", "/api/v1/things/", "/api/v1/things/a/", "/api/v1//things/a"]
)
def test_other_paths_are_nothing(admin: AdminClient, path: str) -> None:
    assert code_of(admin.get(path)) == (404, "no-such-operation")


def test_a_path_that_is_no_text_is_malformed(admin: AdminClient) -> None:
    assert code_of(admin.get("/api/v1/things/%ff")) == (400, "malformed")


def test_another_method_is_refused_with_those_there_are(admin: AdminClient) -> None:
    answer = admin.post(THING)
    assert code_of(answer) == (405, "method-not-allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "PUT", "DELETE"}
    assert admin.options(THING).status_code == 405


def test_a_client_may_name_its_request_in_plain_words_only(admin: AdminClient) -> None:
    assert admin.get(THING, headers={"X-Request-Id": "my-7"}).headers["X-Request-Id"] == "my-7"
    assert admin.get(THING, headers={"X-Request-Id": "a b"}).headers["X-Request-Id"] != "a b"
    assert len(admin.get(THING, headers={"X-Request-Id": "a" * 65}).headers["X-Request-Id"]) == 24


# Queries


@pytest.mark.parametrize(
    ("query", "code", "path"),
    [
        ("limi=3", "unknown-field", "limi"),
        ("limit=three", "invalid-query", "limit"),
        ("limit=0", "invalid-query", "limit"),
        ("limit=501", "invalid-query", "limit"),
        ("limit=1&limit=2", "invalid-query", "limit"),
        ("dry_run=perhaps", "invalid-query", "dry_run"),
        ("cursor=" + "c" * 513, "invalid-query", "cursor"),
    ],
)
def test_a_query_that_is_not_expected_is_refused_with_its_place(
    admin: AdminClient, query: str, code: str, path: str
) -> None:
    answer = admin.get(f"{THING}?{query}")
    assert code_of(answer) == (400, code)
    assert answer.json["errors"][0]["path"] == path


def test_a_parameter_that_is_nearly_known_is_suggested(admin: AdminClient) -> None:
    assert admin.get(f"{THING}?limt=3").json["errors"][0]["suggestion"] == "limit"


def test_a_query_has_a_bound(admin: AdminClient) -> None:
    assert code_of(admin.get(f"{THING}?tag=" + "t" * 8190)) == (414, "query-too-long")
    assert code_of(admin.get(f"{THING}?" + "&".join(["tag=t"] * 65))) == (400, "invalid-query")
    assert admin.get(f"{THING}?" + "&".join(["tag=t"] * 64)).status_code == 200
    assert code_of(admin.get(f"{THING}?tag=%ff")) == (400, "invalid-query")


# Bodies


def test_a_body_of_json_text_or_bytes_is_taken(admin: AdminClient) -> None:
    assert admin.put(THING, json={"name": "é"}, headers=MATCH).json["name"] == "é"
    text = admin.put(THING, data="é".encode(), content_type="text/plain", headers=MATCH)
    assert text.json == {"name": "é", "weight": 1, "inner": {"match": 1, "new": 0}}
    raw = admin.put(THING, data=b"b", content_type="application/octet-stream", headers=MATCH)
    assert raw.json["name"] == "b"


@pytest.mark.parametrize(
    ("body", "code", "path", "place"),
    [
        (b'{"name": "a", "colour": 1}', "unknown-field", "colour", (0, 0)),
        (b'{"name": "a", "inner": {"x": "y"}}', "invalid-body", "inner[...]", (0, 0)),
        (b'{"name": 1}', "invalid-body", "name", (0, 0)),
        (b"{}", "invalid-body", "", (0, 0)),
        (b'{\n "name": nix}', "invalid-body", "", (2, 14)),
        (b'{"name": "a"} x', "invalid-body", "", (1, 16)),
        (b"[" * 900, "invalid-body", "", (0, 0)),
        (b'{"name": "\xff"}', "invalid-body", "", (0, 0)),
    ],
)
def test_a_body_that_is_not_expected_is_refused_with_its_place(
    admin: AdminClient, body: bytes, code: str, path: str, place: tuple[int, int]
) -> None:
    answer = admin.put(THING, data=body, content_type="application/json", headers=MATCH)
    assert code_of(answer) == (400, code)
    error = answer.json.get("errors", [{}])[0]
    assert (error.get("path", ""), (error.get("line", 0), error.get("column", 0))) == (path, place)


def test_a_body_is_read_up_to_its_bound(admin: AdminClient) -> None:
    def put(size: int) -> Any:
        return admin.put(THING, data=b"t" * size, content_type="text/plain", headers=MATCH)

    assert put(1000).status_code == 200
    assert code_of(put(1001)) == (413, "body-too-large")
    big = admin.put(THING, data=b"t" * 1001, content_type="application/octet-stream", headers=MATCH)
    assert code_of(big) == (413, "body-too-large")


@pytest.mark.parametrize(
    "media", ["application/x-www-form-urlencoded", "text/html", "text/plain; charset=latin-1", ""]
)
def test_another_media_type_is_refused(admin: AdminClient, media: str) -> None:
    assert code_of(admin.put(THING, data=b"{}", content_type=media, headers=MATCH)) == (
        415,
        "unsupported-media-type",
    )


def test_a_compressed_body_is_refused(admin: AdminClient) -> None:
    answer = admin.put(THING, json={"name": "a"}, headers={**MATCH, "Content-Encoding": "gzip"})
    assert code_of(answer) == (415, "unsupported-media-type")


def test_a_body_is_missing_or_too_much_only_where_that_matters(admin: AdminClient) -> None:
    assert code_of(admin.put(THING, headers=MATCH)) == (400, "body-missing")
    assert code_of(admin.delete(THING, json={})) == (400, "unexpected-body")
    assert admin.post("/api/v1/find").json["name"] == "nothing"


# Accept, preconditions, entity tags


def test_the_client_chooses_the_media_type(admin: AdminClient) -> None:
    assert admin.get(THING, headers={"Accept": "text/plain"}).content_type == "text/plain; charset=utf-8"
    assert admin.get(THING, headers={"Accept": "*/*"}).content_type == "application/json"
    accept = "text/plain;q=0.3, application/json;q=0.5"
    assert admin.get(THING, headers={"Accept": accept}).content_type == "application/json"
    assert code_of(admin.get(THING, headers={"Accept": "text/html"})) == (406, "not-acceptable")


def test_a_write_says_what_it_is_based_on(admin: AdminClient) -> None:
    assert code_of(admin.put(THING, json={"name": "a"})) == (428, "precondition-required")
    for tag in ('W/"e1"', '"a", "b"', "e1", '"a"b"', ""):
        answer = admin.put(THING, json={"name": "a"}, headers={"If-Match": tag})
        assert code_of(answer) == (400, "invalid-header"), tag
    assert admin.put(THING, json={"name": "a"}, headers={"If-Match": "*"}).status_code == 200
    created = admin.put(THING, data="a", content_type="text/plain", headers={"If-None-Match": "*"})
    assert created.json["inner"] == {"match": 0, "new": 1}


def test_what_the_client_has_is_not_sent_again(admin: AdminClient) -> None:
    first = admin.get(THING)
    assert first.headers["ETag"] == '"e1"'
    again = admin.get(THING, headers={"If-None-Match": '"other", "e1"'})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", '"e1"')
    assert admin.get(THING, headers={"If-None-Match": '"e2"'}).status_code == 200


def test_a_stream_goes_on_where_it_broke_off(admin: AdminClient) -> None:
    answer = admin.get("/api/v1/watch", headers={"Last-Event-ID": "7"})
    assert answer.content_type == "text/event-stream; charset=utf-8"
    assert answer.data == b"data: 1\n\nid: 7\n\n"


# Roles


@pytest.mark.parametrize(
    ("role", "get", "put", "delete"),
    [(None, 401, 401, 401), ("viewer", 200, 403, 403), ("editor", 200, 200, 403), ("admin", 200, 200, 204)],
)
def test_a_role_may_do_what_the_smaller_ones_may(role: Any, get: int, put: int, delete: int) -> None:
    client = app(role)
    assert client.get(THING).status_code == get
    assert client.put(THING, json={"name": "a"}, headers=MATCH).status_code == put
    assert client.delete(THING).status_code == delete
    assert client.get("/api/v1/watch").status_code == 200


def test_whoever_may_not_learns_nothing_of_what_else_is_wrong() -> None:
    assert code_of(app(None).put(f"{THING}?nonsense=1", data=b"x")) == (401, "unauthenticated")


# Failures


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Refusal(409, "exists", "It exists."), 409, "exists"),
        (Refused([Problem(code="syntax", message="no", line=3, column=9)]), 422, "invalid-rules"),
        (StoreAway("gone"), 503, "store-away"),
        (StoreError("no"), 503, "store-refused"),
        (VersionGone(3), 404, "version-gone"),
        (RuntimeError("secret inside"), 500, "internal"),
    ],
)
def test_what_a_handler_raises_becomes_a_problem(error: Exception, status: int, code: str) -> None:
    fails = Fails()
    fails.error = error
    client = app(fails=fails)
    answer = client.delete(THING)
    assert code_of(answer) == (status, code)
    assert "secret" not in answer.text
    assert (client.noted[-1].status, client.noted[-1].code) == (status, code)


def test_every_error_of_the_rules_is_told_with_its_place() -> None:
    fails = Fails()
    fails.error = Refused([Problem(code="syntax", message="no", line=n) for n in range(1, 301)])
    answer = app(fails=fails).delete(THING)
    assert len(answer.json["errors"]) == 200
    assert answer.json["detail"] == "The configuration has 300 errors; the first 200 are listed."


# The audit log


def test_a_change_is_noted_whether_it_was_allowed_refused_or_wrong() -> None:
    admin = app()
    admin.delete(THING)
    admin.put(f"{THING}?limit=0", json={})
    admin.get(THING)
    admin.post("/api/v1/find")
    admin.put(f"{THING}?dry_run=true", json={"name": "a"}, headers=MATCH)
    noted = [(entry.operation, entry.status, entry.code) for entry in admin.noted]
    assert noted == [("things.drop", 204, ""), ("things.put", 400, "invalid-query")]
    done = admin.noted[0]
    assert (done.actor, done.role, done.kind, done.address) == ("tester", "admin", "token", "127.0.0.1")
    assert (done.path, done.extras) == (THING, {"thing": "a"})


def test_an_attempt_without_the_role_is_noted_even_to_read() -> None:
    viewer = app("viewer")
    viewer.delete(THING)
    assert [(entry.status, entry.code) for entry in viewer.noted] == [(403, "forbidden")]


# What every answer carries


@pytest.mark.parametrize("path", [THING, "/api/v1/nothing", f"{THING}?x=1"])
def test_every_answer_is_for_its_asker_only(admin: AdminClient, path: str) -> None:
    headers = admin.get(path).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert not any(name.lower().startswith("access-control") for name in headers.keys())  # noqa: SIM118
