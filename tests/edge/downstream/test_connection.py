"""A client's connection against a real edge."""

from __future__ import annotations

from edge.downstream.connection import Downstream
from edge.postbox import Postbox
from edge.transport import ConnectionLost, Then
from tests.support.edge_process import EdgeProcess
from tests.support.in_process import FakeTransport, InProcess
from tests.support.upstream import Peer, ok
from tests.support.wait import wait_until

POST = b"POST /%b HTTP/1.1\r\nHost: a.test\r\n"


class TestKeepAlive:
    def test_a_body_that_no_one_wants_is_dropped_and_the_connection_stays(self, edge: EdgeProcess) -> None:
        edge.publish('rule a { when any; respond 403 "no" }')
        with edge.client() as client:
            client.send(POST % b"" + b"Content-Length: 20000\r\n\r\n")
            assert client.response().status == 403
            client.send(b"x" * 20000)
            assert client.get("/").status == 403

    def test_a_body_over_64_kib_that_no_one_wants_closes_the_connection(self, edge: EdgeProcess) -> None:
        edge.publish('rule a { when any; respond 403 "no" }')
        with edge.client() as client:
            client.send(POST % b"" + b"Content-Length: 65537\r\n\r\n")
            response = client.response()
            assert (response.status, response.header("connection")) == (403, "close")
            client.send(b"x" * 65537)
            assert client.is_closed()

    def test_exactly_64_kib_are_still_dropped(self, edge: EdgeProcess) -> None:
        edge.publish('rule a { when any; respond 403 "no" }')
        with edge.client() as client:
            client.send(POST % b"" + b"Content-Length: 65536\r\n\r\n")
            assert client.response().header("connection") is None
            assert client.send(b"x" * 65536).get("/").status == 403

    def test_many_pipelined_requests_are_answered_in_order(self, edge: EdgeProcess, upstreams) -> None:
        upstream = upstreams(answer=lambda request: ok(request.line.split(b" ")[1]))
        edge.publish(f"rule a {{ when any; proxy {upstream.url} }}")
        with edge.client() as client:
            client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: a.test\r\n\r\n" % n for n in range(500)))
            assert [client.response().body for _ in range(500)] == [b"/%d" % n for n in range(500)]


class TestExpectContinue:
    def test_the_body_is_asked_for_when_the_upstream_is_to_get_it(self, edge: EdgeProcess, upstreams) -> None:
        upstream = upstreams(answer=lambda request: ok(request.body))
        edge.publish(f"rule a {{ when any; proxy {upstream.url} }}")
        with edge.client() as client:
            client.send(POST % b"" + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            assert client.response().status == 100
            assert client.send(b"abc").response().body == b"abc"
            assert client.get("/").status == 200

    def test_a_refusal_comes_without_asking_for_the_body(self, edge: EdgeProcess) -> None:
        edge.publish('rule a { when any; respond 403 "no" }')
        with edge.client() as client:
            client.send(POST % b"" + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            response = client.response()
            assert (response.status, response.header("connection")) == (403, "close")


class TestSlowClients:
    def test_a_head_that_does_not_end_is_answered_408(self, edge: EdgeProcess) -> None:
        with edge.client() as client:
            client.send(b"GET / HTTP/1.1\r\nHost: a")
            assert client.response().status == 408
            assert client.is_closed()

    def test_a_client_that_says_nothing_is_closed_without_a_word(self, edge: EdgeProcess) -> None:
        with edge.client() as client:
            assert client.is_closed()

    def test_a_body_that_stalls_is_answered_408_and_the_attempt_ends(
        self, edge: EdgeProcess, upstreams
    ) -> None:
        upstream = upstreams(script=lambda peer: peer.read_to_end())
        edge.publish(f"rule a {{ when any; proxy {upstream.url} }}")
        with edge.client() as client:
            client.send(POST % b"" + b"Content-Length: 10\r\n\r\nabc")
            assert client.response().status == 408

    def test_a_client_that_reads_nothing_is_cut_off_and_logged_499(
        self, edge: EdgeProcess, upstreams
    ) -> None:
        upstream = upstreams(answer=lambda _request: ok(b"x" * 30_000_000))
        edge.publish(f"rule a {{ when any; proxy {upstream.url} }}")
        with edge.client() as client:
            client.send(b"GET /reads-nothing HTTP/1.1\r\nHost: a.test\r\n\r\n")
            wait_until(lambda: any(line["path"] == "/reads-nothing" for line in edge.log()), what="the log")
        assert [line["status"] for line in edge.log() if line["path"] == "/reads-nothing"] == [499]


class TestClientGone:
    def test_a_client_that_closes_ends_the_attempt(self, edge: EdgeProcess, upstreams) -> None:
        ended: list[bytes] = []

        def script(peer: Peer) -> None:
            peer.read_request()
            ended.append(peer.read_to_end())

        upstream = upstreams(script=script)
        edge.publish(f"rule a {{ when any; proxy {upstream.url} }}")
        with edge.client() as client:
            client.send(b"GET /goes HTTP/1.1\r\nHost: a.test\r\n\r\n")
            wait_until(lambda: upstream.peers, what="the upstream is asked")
        wait_until(lambda: ended, what="the edge closes the connection to the upstream")
        wait_until(lambda: any(line["path"] == "/goes" for line in edge.log()), what="the log")
        line = next(line for line in edge.log() if line["path"] == "/goes")
        assert (line["status"], line["code"]) == (499, "client-gone")


class TestBounds:
    def test_max_head_of_a_version_is_kept_to_the_byte(self, edge: EdgeProcess) -> None:
        edge.publish('defaults { max head 1KiB }\nrule a { when any; respond 200 "" }')
        head = b"GET / HTTP/1.1\r\nHost: a.test\r\nX-A: "
        fits = head + b"v" * (1024 - len(head) - 4) + b"\r\n\r\n"
        for data, status in ((fits, 200), (fits[:-4] + b"v\r\n\r\n", 431)):
            with edge.client() as client:
                assert client.send(data).response().status == status


class Gone(FakeTransport):
    """A client that is gone when its answer goes out."""

    def post(self, _data: bytes, _box: Postbox, then: Then | None = None) -> None:
        assert then is not None
        then(ConnectionLost("Broken pipe"))


def test_an_answer_that_was_posted_to_a_client_that_is_gone_is_logged_499_once(tmp_path, upstreams) -> None:
    upstream = upstreams(answer=lambda _request: ok(b"abc"))
    edge = InProcess(tmp_path, f"rule a {{ when any; proxy {upstream.url} }}")
    client = Gone(b"GET /gone HTTP/1.1\r\nHost: a.test\r\n\r\n")
    Downstream(edge.engine, client, "192.0.2.7", 80, "http").serve()  # type: ignore[arg-type]
    (line,) = edge.log.kept
    assert (line.status, line.code, line.bytes_out) == (499, "client-gone", 0)
