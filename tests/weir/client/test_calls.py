"""Calling operations by their id, against a server that plays the API."""

from __future__ import annotations

import pytest

from tests.support.scripted_api import Says, ScriptedApi, problem
from weir.api.changes import Write
from weir.api.operation import NoQuery, Operation
from weir.api.traffic import ExportQuery, TailQuery
from weir.client.calls import Calls, with_publish_id
from weir.client.client import Client
from weir.client.errors import Away, NotAllowed

WRITE = Operation(id="x.y", method="PUT", path="/x", summary="", role="editor", query=Write)
READ = Operation(id="x.z", method="GET", path="/x", summary="", role="editor")


def test_a_result_comes_by_the_table_of_operations() -> None:
    answer = b'{"name":"me","role":"admin","kind":"token","id":"7","expires_ms":5}'
    with ScriptedApi(Says(body=answer)) as api, Client(api.url, "weirt_x") as client:
        assert client.sessions.current().name == "me"
        assert api.asked[0].target == "/api/v1/session"


def test_an_operation_that_is_not_in_the_table_does_not_exist() -> None:
    with Client("http://127.0.0.1:1") as client, pytest.raises(ValueError, match='no operation "x"'):
        client.call("x")


def test_a_write_that_can_carry_a_publish_id_gets_one_of_its_own() -> None:
    first, second = with_publish_id(WRITE, None), with_publish_id(WRITE, Write(message="m"))
    assert isinstance(first, Write)
    assert isinstance(second, Write)
    assert len({first.publish_id, second.publish_id, ""}) == 3
    assert second.message == "m"
    chosen = Write(publish_id="mine")
    assert with_publish_id(WRITE, chosen) is chosen


def test_what_carries_none_is_left_alone() -> None:
    assert with_publish_id(READ, None) is None
    query = NoQuery()
    assert with_publish_id(READ, query) is query


def test_a_download_comes_in_pieces_or_as_the_refusal_that_it_is() -> None:
    with (
        ScriptedApi(Says(body=b"a,b\n" * 1000, media="text/csv"), problem(403, "role")) as api,
        Client(api.url) as client,
    ):
        assert b"".join(client.traffic.export(ExportQuery())) == b"a,b\n" * 1000
        with pytest.raises(NotAllowed):
            list(client.traffic.export(ExportQuery()))


def test_events_go_on_after_a_break_with_the_last_id() -> None:
    sample = (
        b'data: {"id":"5","time_ms":1,"node":"n","request_id":"r","ip":"i","method":"GET","scheme":"http",'
        b'"host":"h","path":"/","status":200,"duration_ms":1}\n\n'
    )
    stream = Says(body=b": hi\n\nid: 5\nevent: request\n" + sample, media="text/event-stream")
    with ScriptedApi(stream) as api, Client(api.url) as client:
        samples = client.traffic.tail(TailQuery(status="5xx"), "4")
        assert [next(samples).host, next(samples).host] == ["h", "h"]
        assert [asked.headers["last-event-id"] for asked in api.asked] == ["4", "5"]
        assert api.asked[0].target == "/api/v1/traffic/tail?status=5xx"


def test_a_stream_that_is_refused_is_not_tried_again() -> None:
    with ScriptedApi(problem(401, "no-credentials")) as api, Client(api.url) as client:
        with pytest.raises(NotAllowed):
            next(client.traffic.tail(TailQuery()))
        assert len(api.asked) == 1


def test_a_download_that_breaks_off_is_no_whole_one() -> None:
    short = Says(body=b"a", media="text/csv", headers=(("Content-Length", "9"),))
    with ScriptedApi(short) as api, Client(api.url) as client, pytest.raises(Away):
        list(client.traffic.export(ExportQuery()))


def test_a_client_does_not_show_its_token() -> None:
    with Calls("http://h:1", "weirt_secret")._transport:
        assert repr(Calls("http://h:1", "weirt_secret")) == "Calls('http://h:1')"
