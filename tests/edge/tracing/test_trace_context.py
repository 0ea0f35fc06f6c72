"""W3C Trace Context level 1: passed on, or begun."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest

from edge.tracing.trace_context import NewTraces, begun_field, trace_id_of
from tests.support.in_process import InProcess
from tests.support.upstream import Upstream

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
VALID = f"00-{TRACE}-{PARENT}-01"


@pytest.mark.parametrize(
    "value", [VALID, f"00-{TRACE}-{PARENT}-00", f"cc-{TRACE}-{PARENT}-01-more", f"01-{TRACE}-{PARENT}-ff"]
)
def test_a_valid_one_has_an_id(value: str) -> None:
    assert trace_id_of([value.encode()]) == TRACE


@pytest.mark.parametrize(
    "values",
    [
        [], [VALID, VALID], [f"ff-{TRACE}-{PARENT}-01"], [f"00-{TRACE}-{PARENT}-01-more"], [f"00-{TRACE}-{PARENT}-1"],
        [f"00-{'0' * 32}-{PARENT}-01"], [f"00-{TRACE}-{'0' * 16}-01"], [VALID.upper()], [f"cc-{TRACE}-{PARENT}-01more"],
        [f"00-{TRACE[:-1]}-{PARENT}-01"], [VALID + "\n"], [""],
    ],
)  # fmt: skip
def test_others_have_none(values: list[str]) -> None:
    assert trace_id_of([value.encode() for value in values]) == ""


def test_what_begins_is_valid_and_new() -> None:
    traces = NewTraces(Random(1))
    begun = [traces.begin() for _ in range(200)]
    assert len({trace for trace, _ in begun}) == len({span for _, span in begun}) == 200
    for trace, span in begun:
        assert trace_id_of([begun_field(trace, span, "01")[2]]) == trace


def test_no_id_is_zero_whatever_is_drawn() -> None:
    class Zeros(Random):
        def getrandbits(self, _bits: int) -> int:
            return 0

    traces = NewTraces(Zeros())
    for _ in range(70):
        assert traces.begin() == ("0" * 31 + "1", "0" * 15 + "1")


@pytest.fixture
def upstream():
    upstream = Upstream().start()
    yield upstream
    upstream.stop()


def ask(tmp_path: Path, upstream: Upstream, *lines: str, rule: str = "") -> tuple[InProcess, str | None]:
    edge = InProcess(tmp_path, f"rule a {{ when any; {rule} proxy {upstream.url} }}")
    edge.ask("\r\n".join(["GET / HTTP/1.1", "Host: a.test", *lines, "", ""]).encode())
    said = upstream.requests[0].header("traceparent")
    return edge, said.decode() if said else None


def test_a_valid_one_goes_on_as_it_came_with_its_state(tmp_path: Path, upstream: Upstream) -> None:
    edge, said = ask(tmp_path, upstream, f"Traceparent: {VALID}", "tracestate: a=1", "tracestate: b=2")
    assert said == VALID
    assert upstream.requests[0].all("tracestate") == [b"a=1", b"b=2"]
    assert edge.log.kept[0].trace_id == TRACE


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("tracestate: a=1",),
        ("traceparent: nonsense", "tracestate: a=1"),
        (f"traceparent: {VALID}", f"traceparent: {VALID}", "tracestate: a=1"),
        (f"traceparent: {VALID}", "Connection: traceparent", "tracestate: a=1"),
    ],
)
def test_otherwise_one_begins_without_a_state(
    tmp_path: Path, upstream: Upstream, lines: tuple[str, ...]
) -> None:
    edge, said = ask(tmp_path, upstream, *lines)
    assert said is not None
    assert re.fullmatch(f"00-{edge.log.kept[0].trace_id}-[0-9a-f]{{16}}-01", said)
    assert TRACE not in said
    assert upstream.requests[0].all("tracestate") == []


def test_a_rule_may_remove_it(tmp_path: Path, upstream: Upstream) -> None:
    assert ask(tmp_path, upstream, rule='remove request header "traceparent";')[1] is None
