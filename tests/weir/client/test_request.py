"""What goes over the wire for an operation and its arguments."""

from __future__ import annotations

import io
from typing import Annotated

import msgspec
import pytest

from weir.api.changes import Write
from weir.api.operation import Operation, Page
from weir.client.request import filled, prepare, quoted


class Thing(msgspec.Struct, frozen=True):
    name: str


class Filter(Page, frozen=True):
    rule: tuple[str, ...] = ()
    status: Annotated[int | None, msgspec.Meta(ge=100)] = None
    all: bool = False


READ = Operation(
    id="things.get", method="GET", path="/things/{name}", summary="", role="viewer", result=Thing
)
LIST = Operation(id="things.list", method="GET", path="/things", summary="", role="viewer", query=Filter)
WRITE = Operation(
    id="things.replace", method="PUT", path="/things/{name}", summary="", role="editor", query=Write, body=Thing,
    body_media=("application/json", "text/plain"),
)  # fmt: skip
LOAD = Operation(
    id="things.load", method="POST", path="/load", summary="", role="admin",
    body_media=("application/octet-stream",),
)  # fmt: skip
ASK = Operation(
    id="things.ask", method="POST", path="/ask", summary="", role="viewer", body=Thing, safe=True
)  # fmt: skip


def test_a_value_in_the_path_is_one_segment_whatever_it_holds() -> None:
    assert prepare(READ, path={"name": "a/b c?ü"}).target == "/api/v1/things/a%2Fb%20c%3F%C3%BC"


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_segment_that_would_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a name"):
        filled("/things/{name}", {"name": name})


def test_a_path_gets_exactly_its_values() -> None:
    with pytest.raises(ValueError, match=r"takes \['name'\]"):
        prepare(READ)


def test_defaults_are_left_out_of_the_query_and_lists_repeated() -> None:
    assert prepare(LIST, query=Filter()).target == "/api/v1/things"
    asked = Filter(limit=5, rule=("a b", "c"), all=True, status=404)
    assert prepare(LIST, query=asked).target == "/api/v1/things?limit=5&rule=a+b&rule=c&status=404&all=true"


def test_a_query_of_another_operation_is_refused() -> None:
    with pytest.raises(ValueError, match="takes Filter, not Write"):
        prepare(LIST, query=Write())


def test_a_body_says_what_it_is() -> None:
    as_json = prepare(WRITE, path={"name": "x"}, body=Thing("x"))
    assert (as_json.headers["Content-Type"], as_json.content) == ("application/json", b'{"name":"x"}')
    as_text = prepare(WRITE, path={"name": "x"}, body="rule ü {}")
    assert as_text.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert as_text.content == "rule ü {}".encode()
    assert prepare(LOAD, body=b"\0").headers["Content-Type"] == "application/octet-stream"


def test_a_body_that_is_not_taken_is_refused() -> None:
    with pytest.raises(ValueError, match="does not take text/plain"):
        prepare(ASK, body="text")
    with pytest.raises(ValueError, match="does not take application/json"):
        prepare(LOAD, body=Thing("x"))


def test_an_answer_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="does not answer text/plain"):
        prepare(READ, path={"name": "x"}, accept="text/plain")


def test_preconditions_become_headers() -> None:
    assert prepare(WRITE, path={"name": "x"}, if_match="3-abc").headers["If-Match"] == '"3-abc"'
    assert prepare(WRITE, path={"name": "x"}, if_none_match=True).headers["If-None-Match"] == "*"
    assert quoted("*") == "*"
    assert quoted('"x"') == '"x"'


def test_only_what_cannot_do_more_is_sent_again() -> None:
    assert prepare(READ, path={"name": "x"}).repeatable
    assert prepare(ASK, body=Thing("x")).repeatable
    assert not prepare(WRITE, path={"name": "x"}, body=Thing("x")).repeatable
    assert prepare(WRITE, path={"name": "x"}, query=Write(dry_run=True), body=Thing("x")).repeatable
    assert prepare(WRITE, path={"name": "x"}, query=Write(publish_id="1"), body=Thing("x")).repeatable
    assert not prepare(LOAD, body=io.BytesIO(b"1")).repeatable
