"""What rules and templates see of a request."""

from pathlib import Path

from tests.support.in_process import InProcess


def test_templates_see_every_general_name(tmp_path: Path) -> None:
    edge = InProcess(
        tmp_path,
        """rule a {
            when path like "/u/{id}"
            set response header "X-All" = "{uri}|{path}|{query}|{host}|{method}|{scheme}|{ip}|{consumer}|{rule}|{id}"
            set response header "X-Id" = "{request_id}"
            respond 200 ""
        }""",
    )
    answer = edge.ask("/u/7?a=b")
    assert b"X-All: /u/7?a=b|/u/7|a=b|a.test|GET|http|192.0.2.7||a|7\r\n" in answer
    (entry,) = edge.log.kept
    assert f"X-Id: {entry.request_id}\r\n".encode() in answer


def test_a_tunnel_lets_go_of_its_snapshot(tmp_path: Path) -> None:
    from edge.downstream.connection import Downstream
    from edge.exchange import Exchange
    from edge.http.head import RequestHead
    from edge.http.request_reader import Message
    from tests.support.in_process import FakeTransport

    edge = InProcess(tmp_path, 'rule a { when any; respond 200 "" }')
    head = RequestHead()
    head.fields = []
    downstream = Downstream(edge.engine, FakeTransport(b""), "192.0.2.7", 80, "http")  # type: ignore[arg-type]
    snapshot = edge.engine.snapshot
    exchange = Exchange(downstream, Message(head), snapshot, 0.0)
    assert snapshot.users == 1
    exchange.let_go_of_snapshot()
    assert (snapshot.users, exchange.snapshot.number, exchange.snapshot.plans) == (0, 1, {})
