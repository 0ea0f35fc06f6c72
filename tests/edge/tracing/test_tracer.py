"""What is sampled, what the upstream is told, and what waits is bounded; then all of it through a real edge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from edge.tracing.tracer import BATCH, MAX_WAITING, Tracer
from tests.support.collector import Collector, attributes
from tests.support.credentials import Credentials
from tests.support.edge_process import EdgeProcess
from tests.support.in_process import InProcess
from tests.support.wait import wait_until

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
RULES = 'rule a { when path under "/a"; respond 200 }'


class Recorded:
    """A tracer whose collector is a list."""

    def __init__(self, ratio: float) -> None:
        self.sent: list[Sequence[tuple[Any, ...]]] = []
        self.counts: dict[str, int] = {}
        self.failing = False
        self.tracer = Tracer(ratio, self._send, self._count)

    def _send(self, taken: Sequence[tuple[Any, ...]], _wall: float) -> None:
        if self.failing:
            raise OSError("no")
        self.sent.append(taken)

    def _count(self, outcome: str, number: int) -> None:
        self.counts[outcome] = self.counts.get(outcome, 0) + number


@pytest.fixture
def edge(tmp_path: Path) -> InProcess:
    return InProcess(tmp_path, RULES)


def traced(flags: str) -> bytes:
    return f"GET /a HTTP/1.1\r\nHost: a\r\ntraceparent: 00-{TRACE}-{SPAN}-{flags}\r\n\r\n".encode()


def test_a_span_knows_who_called_and_nothing_of_the_credential(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, 'rule a { when path under "/a"; require key(query: "k"); respond 200 }')
    key = Credentials().serve(edge.engine).key()
    recorded = Recorded(1.0)
    edge.engine.tracer = recorded.tracer
    edge.ask(f"/a/{key}?k={key}")
    recorded.tracer.flush()
    ((taken,),) = recorded.sent
    assert taken[-1].consumer == "acme"
    assert key.split("_")[2] not in repr(taken)


@pytest.mark.parametrize(
    ("request_bytes", "ratio", "spans"),
    [(traced("01"), 0.0, 1), (traced("00"), 1.0, 0), ("/a", 1.0, 1), ("/a", 0.0, 0), ("/none", 1.0, 1)],
)
def test_the_parent_decides_else_the_ratio(
    edge: InProcess, request_bytes: bytes | str, ratio: float, spans: int
) -> None:
    recorded = Recorded(ratio)
    edge.engine.tracer = recorded.tracer
    edge.ask(request_bytes)
    recorded.tracer.flush()
    assert [len(batch) for batch in recorded.sent] == [spans] * spans


def test_what_was_not_understood_has_no_span(edge: InProcess) -> None:
    recorded = Recorded(1.0)
    edge.engine.tracer = recorded.tracer
    edge.ask(b"GET /a\r\n\r\n")
    recorded.tracer.flush()
    assert recorded.sent == []


def test_what_waits_is_bounded_and_goes_out_in_batches(edge: InProcess) -> None:
    recorded = Recorded(1.0)
    edge.engine.tracer = recorded.tracer
    edge.ask("/a")
    recorded.tracer._waiting *= MAX_WAITING - 1
    edge.ask("/a")
    edge.ask("/a")
    recorded.tracer.flush()
    assert [len(batch) for batch in recorded.sent] == [BATCH] * (MAX_WAITING // BATCH)
    assert recorded.counts == {"dropped": 1, "exported": MAX_WAITING}


def test_a_collector_that_fails_loses_its_batch_only(edge: InProcess) -> None:
    recorded = Recorded(1.0)
    edge.engine.tracer = recorded.tracer
    for _ in range(BATCH + 1):
        edge.ask("/a")
    recorded.failing = True
    recorded.tracer.flush()
    recorded.failing = False
    recorded.tracer.flush()
    assert recorded.counts == {"failed": BATCH, "exported": 1}


class TestThroughAnEdge:
    @pytest.fixture
    def collector(self) -> Iterator[Collector]:
        running = Collector()
        yield running
        running.stop()

    def edge(self, tmp_path: Path, rules: str, collector: Collector, ratio: float = 1.0) -> EdgeProcess:
        return EdgeProcess(tmp_path, rules, otlp_endpoint=collector.url, trace_ratio=ratio, node="n1")

    def test_spans_of_a_stop_are_sent_and_parents_meet(
        self, tmp_path: Path, collector: Collector, upstreams: Any
    ) -> None:
        upstream = upstreams()
        edge = self.edge(tmp_path, f"rule a {{ when any; proxy {upstream.url} }}", collector)
        with edge.client() as client:
            client.get("/p?secret=1")
            client.get("/p?secret=1")
            client.send(traced("01").replace(b"/a", b"/traced"))
            client.response()
            client.send(traced("00").replace(b"/a", b"/untraced"))
            client.response()
        assert edge.stop() == 0
        assert len(collector.spans) == 6
        servers = [span for span in collector.spans if span.kind == span.SPAN_KIND_SERVER]
        for server, request in zip(servers, upstream.requests, strict=False):
            told = request.header("traceparent").decode()
            assert told == f"00-{server.trace_id.hex()}-{server.span_id.hex()}-01"
        assert (servers[2].trace_id.hex(), servers[2].parent_span_id.hex()) == (TRACE, SPAN)
        assert upstream.requests[3].header("traceparent").decode() == f"00-{TRACE}-{SPAN}-00"
        assert b"secret" not in b"".join(span.SerializeToString() for span in collector.spans)
        assert attributes(servers[0])["weir.rule"] == "a"

    def test_who_is_not_chosen_is_told_so(self, tmp_path: Path, collector: Collector, upstreams: Any) -> None:
        upstream = upstreams()
        edge = self.edge(tmp_path, f"rule a {{ when any; proxy {upstream.url} }}", collector, ratio=0.0)
        with edge.client() as client:
            for _ in range(3):
                client.get("/")
        assert edge.stop() == 0
        assert [request.header("traceparent")[-3:] for request in upstream.requests] == [b"-00"] * 3
        assert collector.spans == []

    def test_a_collector_that_is_away_costs_no_request(self, tmp_path: Path) -> None:
        collector = Collector()
        edge = self.edge(tmp_path, RULES, collector)
        collector.stop()
        with edge.client() as client:
            assert [client.get("/a").status for _ in range(5)] == [200] * 5

        def failed() -> bool:
            frames = edge.agent.of_kind("counters")
            return any(
                each[:2] == ["weir_traced_total", ["failed"]] for f in frames for each in f["counters"]
            )

        wait_until(failed, what="the lost spans are counted")
        assert edge.stop() == 0
