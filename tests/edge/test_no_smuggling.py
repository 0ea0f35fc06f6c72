"""What is sent is what was routed, request for request, read by a parser that is not ours.

Damaged and hostile bytes go through a whole edge in this process to a real upstream on a socket; h11 then reads every
byte that the upstream got. As many requests must stand there as were passed on, in normal form, with nothing in their
heads that a client must not say.
"""

from __future__ import annotations

from collections.abc import Iterator

import h11
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.in_process import InProcess
from tests.support.upstream import Upstream, ok
from weir.routing.normalise import normalise_path

MARK = b"X-Passed-On: yes"
CLIENT = "192.0.2.7"
hostile = settings(
    max_examples=70,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    upstream = Upstream(answer=lambda request: ok(request.line, MARK)).start()
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def edge(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> InProcess:
    rules = f"""
        rule admin {{ when path under "/admin"; respond 403 "" }}
        rule files {{ when path like "/files/{{name...}}"; rewrite path "/store/{{name}}"; proxy {upstream.url} }}
        rule named {{
            when path == "/named"
            rewrite path "/store/{{query}}/end"
            set request header "X-Copy" = "{{query}}"
            proxy {upstream.url}
        }}
        rule rest {{ when any; proxy {upstream.url} }}
    """
    return InProcess(tmp_path_factory.mktemp("edge"), rules)


def read_by_h11(upstream: Upstream) -> list[h11.Request]:
    """Every whole request that reached the upstream, connection by connection; an error if anything else did.

    Half a request may stand at the end: the client broke off in it, and so did the edge.
    """
    found = []
    for peer in upstream.peers:
        if not peer.received:
            continue
        connection = h11.Connection(our_role=h11.SERVER)
        connection.receive_data(peer.received)
        while (event := connection.next_event()) is not h11.NEED_DATA:
            if isinstance(event, h11.Request):
                request = event
                check(request)
            if isinstance(event, h11.EndOfMessage):
                found.append(request)
                connection.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
                connection.send(h11.EndOfMessage())
                connection.start_next_cycle()
    return found


def passed_on(edge: InProcess, upstream: Upstream, data: bytes) -> list[h11.Request]:
    """Asks, and gives what the upstream got, which is what was answered."""
    upstream.forget()
    answers = edge.ask(data)
    found = read_by_h11(upstream)
    assert answers.count(MARK) == len(found)
    return found


def check(request: h11.Request) -> None:
    fields = [(bytes(name).lower(), bytes(value)) for name, value in request.headers]
    names = [name for name, _ in fields]
    path = bytes(request.target).decode("ascii").partition("?")[0]
    assert path == "*" or path == normalise_path(path)
    assert not path.startswith("/admin/")
    assert path != "/admin"
    assert names.count(b"host") == 1
    assert (b"x-forwarded-for", CLIENT.encode()) in fields
    assert names.count(b"x-forwarded-for") == names.count(b"x-real-ip") == names.count(b"x-request-id") == 1
    assert next(value for name, value in fields if name == b"forwarded").startswith(
        b"for=" + CLIENT.encode() + b";"
    )
    assert names.count(b"forwarded") == 1
    assert names.count(b"content-length") + names.count(b"transfer-encoding") <= 1
    assert not {b"te", b"keep-alive", b"proxy-connection", b"trailer", b"upgrade"} & set(names)
    assert not any(name.startswith(b"x-weir-") or b"_" in name for name in names)
    assert not any(set(value) & set(b"\r\n\0") for _, value in fields)


GET = b"GET %b HTTP/1.1\r\nHost: a.test\r\n\r\n"
SEGMENTS = (
    "admin",
    "..",
    ".",
    "",
    "%2e%2e",
    "%2E.",
    "%2f",
    "%252e",
    "%61dmin",
    "files",
    "a;b",
    "..;",
    "%00",
    "\\",
    "é",
)
paths = st.lists(st.sampled_from(SEGMENTS), max_size=6).map(lambda parts: "/" + "/".join(parts))


@hostile
@given(path=paths, query=st.sampled_from(["", "?", "?a=/../b", "?a?b"]))
@example(path="/files/%2e%2e/%2e%2e/admin", query="")
@example(path="//admin", query="")
@example(path="/x/..//admin/", query="")
def test_no_path_is_routed_as_one_and_sent_as_another(
    path: str, query: str, edge: InProcess, upstream: Upstream
) -> None:
    for request in passed_on(edge, upstream, GET % (path + query).encode("utf-8")):
        sent = bytes(request.target).decode()
        assert sent.partition("?")[2] == query[1:]
        routed = normalise_path(path)
        if routed.startswith("/files/"):
            assert sent.startswith("/store/")
        else:
            assert sent == routed + query


@hostile
@given(name=st.text("./%2eEfF5cC\\adm;?#&é", max_size=16))
@example(name="%2e%2e/%2e%2e/admin")
@example(name="..%2f..%2fadmin")
@example(name="../../admin")
@example(name="x%0d%0aX-Evil:%20y")
def test_no_value_leaves_its_place(name: str, edge: InProcess, upstream: Upstream) -> None:
    for request in passed_on(edge, upstream, GET % (b"/named?%b" % name.encode("utf-8"))):
        assert bytes(request.target).startswith(b"/store/")
        assert b"/end" in bytes(request.target)


@hostile
@given(
    name=st.sampled_from(
        [
            b"X-Forwarded-For", b"x_forwarded_for", b"X-Real-IP", b"Forwarded", b"X-Request-Id", b"X-Weir-Consumer",
            b"X_Weir_Scopes", b"TE", b"Trailer", b"Keep-Alive", b"Proxy-Connection", b"Transfer_Encoding",
            b"Content_Length", b"Host", b"host ", b"Transfer-Encoding", b"Content-Length", b"Expect", b"Upgrade",
            b"Connection", b"HTTP2-Settings", b"X-Forwarded-Host", b"X-A",
        ]
    ),
    value=st.sampled_from(
        [
            b"chunked", b"0", b"5", b"+5", b"5, 5", b"x-forwarded-for, host", b"close", b"upgrade", b"websocket",
            b"10.0.0.1", b"for=10.0.0.1", b"a.test", b"100-continue", b"\x0bchunked", b"chunked, identity", b"",
        ]
    ),
    behind=st.sampled_from([b"", b"hello", b"0\r\n\r\n", GET % b"/admin", b"5\r\nhello\r\n0\r\n\r\n"]),
)  # fmt: skip
def test_no_field_of_a_client_becomes_one_of_the_edge(
    name: bytes, value: bytes, behind: bytes, edge: InProcess, upstream: Upstream
) -> None:
    head = b"POST /a HTTP/1.1\r\nHost: a.test\r\n%b: %b\r\n\r\n" % (name, value)
    passed_on(edge, upstream, head + behind)


PIPELINE = (
    GET % b"/one"
    + b"POST /two HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello"
    + b"POST /three HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nT: v\r\n\r\n"
    + GET % b"http://b.test/four?q"
)


def test_what_is_undamaged_arrives_whole_and_in_order(edge: InProcess, upstream: Upstream) -> None:
    found = passed_on(edge, upstream, PIPELINE)
    assert [bytes(request.target) for request in found] == [b"/one", b"/two", b"/three", b"/four?q"]
    assert [request.body for request in upstream.requests] == [b"", b"hello", b"abc", b""]


@settings(hostile, max_examples=200)
@given(
    damages=st.lists(
        st.tuples(
            st.integers(0, len(PIPELINE)),
            st.integers(0, 3),
            st.sampled_from(
                [b"", b"\r", b"\n", b"\r\n", b"\0", b" ", b":", b"0", b"\t", b"\r\n\r\n", b"\xff", b";"]
            ),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_damaged_requests_are_refused_or_mean_one_thing(
    damages: list[tuple[int, int, bytes]], edge: InProcess, upstream: Upstream
) -> None:
    data = PIPELINE
    for place, removed, put in damages:
        data = data[:place] + put + data[place + removed :]
    found = passed_on(edge, upstream, data)
    assert len(found) <= 4
