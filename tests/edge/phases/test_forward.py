"""Attempts at upstreams, against a real edge."""

from __future__ import annotations

import json
import socket
import threading
import time
from itertools import count
from types import SimpleNamespace

import pytest

from edge.answers import Refusal
from edge.phases import forward
from edge.transport import NEVER
from edge.upstream.concurrency import Place
from edge.upstream.concurrency_gate import Gate
from edge.upstream.errors import Cause, ClientGone, Sent, Stage, UpstreamError
from tests.support.edge_process import EdgeProcess
from tests.support.ports import free_port
from tests.support.raw_client import Response
from tests.support.upstream import Peer, ok
from tests.support.wait import wait_until
from weir.models.upstream_clauses import Concurrency


def code_of(body: bytes) -> str:
    return json.loads(body)["code"]


def test_a_target_that_was_picked_is_looked_at_once_more() -> None:
    """Between the fast path, which picked it, and the pipeline somebody may have taken it out."""
    picked, another = SimpleNamespace(url="http://a"), SimpleNamespace(url="http://b")
    exchange = SimpleNamespace(sent=None, picked=picked)
    takes = {"http://a": True}
    upstream = SimpleNamespace(takes=lambda target: takes[target.url], only=another)
    assert forward._first(exchange, upstream) is picked  # type: ignore[arg-type, comparison-overlap]
    takes["http://a"] = False
    assert forward._first(exchange, upstream) is another  # type: ignore[arg-type, comparison-overlap]


class TestPlaces:
    """Under ``concurrency``, of attempts whose connection turns out to be closed."""

    def run(self, monkeypatch: pytest.MonkeyPatch, further: BaseException, *, fresh: bool) -> Gate:
        """A first attempt fails, and the second one does not go out: who was waiting is admitted only then."""
        gate = Gate("u", Concurrency(limit=1, queue=1), 1, lambda _name, _outcome: None)
        upstream = SimpleNamespace(name="u", gate=gate, only=object(), health=None, budget=None)
        share = SimpleNamespace(upstream=upstream, retry=None, try_s=1.0, total_s=None)
        failure = UpstreamError(Cause.BROKEN, "no", stage=Stage.HEAD, sent=Sent.ALL, reused=fresh)
        waiting: list[Place] = []
        seen: list[bool] = []

        def attempt(*_of: object) -> None:
            place = gate.slots.queue_up(time.monotonic(), lambda: None)
            assert place is not None
            waiting.append(place)
            raise failure

        def after_error(*_of: object) -> bool:
            seen.append(waiting[0].admitted)
            return True

        def pause() -> None:
            seen.append(waiting[0].admitted)
            raise further

        tries = SimpleNamespace(
            after_error=after_error, fresh=fresh, pause=pause, choose=lambda _pick: None, answer=None,
            failure=failure, call_off=lambda _why: None, let_go=lambda: None,
        )  # fmt: skip
        monkeypatch.setattr(forward, "outgoing_of", lambda *_: SimpleNamespace(whole=True, until=NEVER))
        monkeypatch.setattr(forward, "_attempt", attempt)
        monkeypatch.setattr(forward, "_tries", lambda *_: tries)
        exchange = SimpleNamespace(
            sent=None, picked=None, answer_lines=b"", replayable=True, served=None, awaited_s=0.0
        )
        plan = SimpleNamespace(sticky_shares=(), shares=SimpleNamespace(only=share))
        with pytest.raises((Refusal, ClientGone)):
            forward.run(exchange, plan)  # type: ignore[arg-type]
        assert seen == [not fresh] * 2, "as the budget is asked, and then as it waits"
        assert waiting[0].admitted
        return gate

    @pytest.mark.parametrize("further", [ClientGone("gone"), Refusal("no-target")])
    @pytest.mark.parametrize("fresh", [True, False])
    def test_one_that_is_replaced_keeps_its_place_until_it_does_not_go_out(
        self, monkeypatch: pytest.MonkeyPatch, further: BaseException, fresh: bool
    ) -> None:
        assert self.run(monkeypatch, further, fresh=fresh).slots.in_flight == 1

    def test_a_closed_connection_costs_nobody_his_place(self, edge: EdgeProcess, upstreams) -> None:
        """Without a place of its own the second attempt would stand behind the slow request, too long."""
        dying, answered = threading.Event(), threading.Event()

        def script(peer: Peer) -> None:
            for number in count(1):
                line = peer.read_request().line
                if b"/die" in line and number > 1:
                    dying.set()
                    time.sleep(0.05)  # the slow one comes meanwhile
                    peer.sock.close()
                    return
                if b"/slow" in line:
                    answered.wait(20)
                peer.send(ok())

        url = upstreams(script=script).url
        edge.publish(f"upstream u {{ target {url}; concurrency 1 queue 5 }}\nrule a {{ when any; proxy u }}")
        with edge.client() as client, edge.client() as slow:
            assert client.get("/").status == 200
            client.send(b"GET /die HTTP/1.1\r\nHost: a.test\r\n\r\n")
            assert dying.wait(20)
            slow.send(b"GET /slow HTTP/1.1\r\nHost: a.test\r\n\r\n")
            assert client.response().status == 200
            answered.set()
            assert slow.response().status in (200, 503)
        with edge.client() as client:
            assert client.get("/").status == 200


class TestFailures:
    def test_a_refused_connection_is_502(self, edge: EdgeProcess) -> None:
        edge.publish(f"rule a {{ when any; proxy http://127.0.0.1:{free_port()} }}")
        with edge.client() as client:
            response = client.get("/refused")
            assert (response.status, code_of(response.body)) == (502, "upstream-unreachable")
            assert client.get("/refused").status == 502
        wait_until(lambda: any(line["path"] == "/refused" for line in edge.log()), what="the log")
        line = next(line for line in edge.log() if line["path"] == "/refused")
        assert line["attempts"][0]["error"] == "connect: Connection refused"

    def test_a_silent_upstream_is_504(self, edge: EdgeProcess, upstreams) -> None:
        upstream = upstreams(script=lambda peer: peer.read_to_end())
        edge.publish(f"rule a {{ when any; timeout try 200ms; proxy {upstream.url} }}")
        with edge.client() as client:
            response = client.get("/")
            assert (response.status, code_of(response.body)) == (504, "upstream-timeout")

    def test_a_connection_that_is_not_accepted_is_504(self, edge: EdgeProcess) -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
            waiting = [socket.socket() for _ in range(4)]
            for each in waiting:
                each.setblocking(False)
                each.connect_ex(full.getsockname())
            edge.publish(
                f"rule a {{ when any; timeout connect 200ms; proxy http://127.0.0.1:{full.getsockname()[1]} }}"
            )
            with edge.client() as client:
                response = client.get("/")
            assert (response.status, code_of(response.body)) == (504, "upstream-connect-timeout")
            for each in waiting:
                each.close()

    def test_the_total_time_bounds_a_dripping_answer(self, edge: EdgeProcess, upstreams) -> None:
        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\na")
            peer.read_to_end()

        edge.publish(f"rule a {{ when any; timeout total 300ms; proxy {upstreams(script=script).url} }}")
        with edge.client() as client:
            response = client.get("/")
            assert (response.clean, response.body) == (False, b"a")

    def test_a_name_that_does_not_resolve_is_502(self, edge: EdgeProcess) -> None:
        edge.publish("rule a { when any; timeout connect 5s; proxy http://no-such-host.invalid:80 }")
        with edge.client() as client:
            response = client.get("/")
            assert (response.status, code_of(response.body)) == (502, "upstream-unreachable")


class TestReuse:
    def closes_after_each(self, peer: Peer) -> None:
        """Answers, keeps the connection, and closes it when the next request comes."""
        peer.read_request()
        peer.send(ok())
        peer.read_until(b"\r\n\r\n")

    def test_a_get_on_a_pooled_connection_that_closes_is_tried_on_a_new_one(
        self, edge: EdgeProcess, upstreams
    ) -> None:
        upstream = upstreams(script=self.closes_after_each)
        edge.publish(f"rule a {{ when any; proxy {upstream.url} }}")
        with edge.client() as client:
            assert client.get("/").status == 200
            assert client.get("/again").status == 200
        wait_until(lambda: any(line["path"] == "/again" for line in edge.log()), what="the log")
        attempts = next(line for line in edge.log() if line["path"] == "/again")["attempts"]
        assert [attempt.get("reused", False) for attempt in attempts] == [True, False]
        assert len(upstream.peers) == 2

    def test_a_post_is_not_repeated(self, edge: EdgeProcess, upstreams) -> None:
        upstream = upstreams(script=self.closes_after_each)
        edge.publish(f"rule a {{ when any; proxy {upstream.url} }}")
        with edge.client() as client:
            assert client.get("/").status == 200
            client.send(b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n")
            response = client.response()
            assert (response.status, code_of(response.body)) == (502, "upstream-broken")
        assert len(upstream.peers) == 1

    def test_an_idle_connection_that_closed_is_not_used(self, edge: EdgeProcess, upstreams) -> None:
        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(ok())

        upstream = upstreams(script=script)
        edge.publish(f"rule a {{ when any; proxy {upstream.url} }}")
        with edge.client() as client:
            for number in range(3):
                client.send(b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n")
                assert client.response().status == 200
                wait_until(
                    lambda number=number: upstream.peers[number].sock.fileno() < 0, what="upstream closes"
                )

    def test_connections_survive_a_publish_that_does_not_concern_them(
        self, edge: EdgeProcess, upstreams
    ) -> None:
        upstream = upstreams()
        rule = f"rule a {{ when any; proxy {upstream.url} }}"
        edge.publish(rule)
        with edge.client() as client:
            client.get("/")
            edge.publish(rule + '\nrule b { when path == "/b"; respond 200 "" }')
            client.get("/")
        assert len(upstream.peers) == 1


class TestChoice:
    def test_targets_take_turns_by_weight(self, edge: EdgeProcess, upstreams) -> None:
        heavy, light = upstreams(), upstreams()
        edge.publish(
            f"upstream u {{ target {heavy.url} weight 3; target {light.url} }}\nrule a {{ when any; proxy u }}"
        )
        with edge.client() as client:
            for _ in range(40):
                client.get("/")
        assert (len(heavy.requests), len(light.requests)) == (30, 10)

    def test_shares_of_a_rule_take_turns_by_weight(self, edge: EdgeProcess, upstreams) -> None:
        stable, canary = upstreams(), upstreams()
        edge.publish(f"rule a {{ when any; proxy {stable.url} 9, {canary.url} 1 }}")
        with edge.client() as client:
            for _ in range(40):
                client.get("/")
        assert (len(stable.requests), len(canary.requests)) == (36, 4)

    def test_whose_turn_it_is_survives_a_publish(self, edge: EdgeProcess, upstreams) -> None:
        one, two = upstreams(), upstreams()
        upstream = f"upstream u {{ target {one.url}; target {two.url} }}\n"
        edge.publish(upstream + "rule a { when any; proxy u }")
        with edge.client() as client:
            client.get("/")
            edge.publish(upstream + "rule b { when any; proxy u }")
            client.get("/")
        assert (len(one.requests), len(two.requests)) == (1, 1)

    def test_the_fewest_in_flight_takes_the_next_and_clients_that_leave_are_forgotten(
        self, edge: EdgeProcess, upstreams
    ) -> None:
        def silent(peer: Peer) -> None:
            peer.read_request()
            peer.read_to_end()

        stuck, quick = upstreams(script=silent), upstreams()
        edge.publish(
            f"upstream u {{ target {stuck.url}; target {quick.url}; balance least_conn }}\n"
            "rule a { when any; proxy u }"
        )
        leaving = edge.client()
        leaving.send(b"GET /leaving HTTP/1.1\r\nHost: a.test\r\n\r\n")
        wait_until(lambda: stuck.received.endswith(b"\r\n\r\n"), what="a request is stuck")
        with edge.client() as client:
            assert [client.get("/").status for _ in range(10)] == [200] * 10
        leaving.sock.close()
        wait_until(lambda: any(line["path"] == "/leaving" for line in edge.log()), what="the log")
        stuck.script = None
        with edge.client() as client:
            assert [client.get("/").status for _ in range(10)] == [200] * 10
        assert len(stuck.requests) == 5

    def test_p2c_keeps_away_from_a_target_that_fails(self, edge: EdgeProcess, upstreams) -> None:
        broken = upstreams(answer=lambda _: b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
        fine = upstreams()
        edge.publish(
            f"upstream u {{ target {broken.url}; target {fine.url}; balance p2c }}\nrule a {{ when any; proxy u }}"
        )
        with edge.client() as client:
            statuses = [client.get("/").status for _ in range(100)]
        assert statuses.count(503) == len(broken.requests) <= 2

    def test_equal_keys_go_to_the_same_target(self, edge: EdgeProcess, upstreams) -> None:
        every = [upstreams() for _ in range(3)]
        targets = "; ".join(f"target {one.url}" for one in every)
        edge.publish(
            f'upstream u {{ {targets}; balance hash(header("X-User")) }}\nrule a {{ when any; proxy u }}'
        )
        with edge.client() as client:
            for number in range(60):
                client.get("/", "a.test", f"X-User: {number % 20}")
        users = [{request.header("x-user") for request in one.requests} for one in every]
        assert sum(map(len, users)) == 20
        assert sum(len(one.requests) for one in every) == 60


class TestSticky:
    def cookie(self, response: Response) -> str:
        return (response.header("set-cookie") or "").partition(";")[0]

    def test_a_client_stays_with_its_target_while_it_is_there(self, edge: EdgeProcess, upstreams) -> None:
        one, two = upstreams(), upstreams()
        rule = 'rule a { when any; proxy u }\nupstream u { sticky cookie "weir" for 1h; '
        edge.publish(rule + f"target {one.url}; target {two.url} }}")
        with edge.client() as client:
            first = client.get("/")
            assert first.header("set-cookie") == (
                f"{self.cookie(first)}; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax"
            )
            for _ in range(5):
                again = client.get("/", "a.test", f"Cookie: a=b; {self.cookie(first)}")
                assert again.header("set-cookie") is None
            assert (len(one.requests), len(two.requests)) == (6, 0)
            edge.publish(rule + f"target {one.url} weight 0; target {two.url} }}")
            assert client.get("/", "a.test", f"Cookie: {self.cookie(first)}").status == 200
            assert (len(one.requests), len(two.requests)) == (7, 0)
            edge.publish(rule + f"target {two.url} }}")
            moved = client.get("/", "a.test", f"Cookie: {self.cookie(first)}")
            assert (len(one.requests), len(two.requests)) == (7, 1)
            assert self.cookie(moved) not in ("", self.cookie(first))

    def test_a_client_stays_with_its_share_until_that_has_weight_0(
        self, edge: EdgeProcess, upstreams
    ) -> None:
        stable, canary = upstreams(), upstreams()
        both = "".join(
            f'upstream {name} {{ target {one.url}; sticky cookie "weir" }}\n'
            for name, one in (("stable", stable), ("canary", canary))
        )
        edge.publish(both + "rule a { when any; proxy stable 1, canary 9 }")
        with edge.client() as client:
            cookie = self.cookie(client.get("/"))
            assert len(canary.requests) == 1
            for _ in range(20):
                client.get("/", "a.test", f"Cookie: {cookie}")
            assert (len(stable.requests), len(canary.requests)) == (0, 21)
            edge.publish(both + "rule a { when any; proxy stable 1, canary 0 }")
            assert self.cookie(client.get("/", "a.test", f"Cookie: {cookie}"))
            assert (len(stable.requests), len(canary.requests)) == (1, 21)


class TestWhatIsSent:
    @pytest.mark.parametrize(
        ("clause", "expected"),
        [("", b"a.test"), ("host preserve", b"a.test"), ('host "b.test:81"', b"b.test:81")],
    )
    def test_the_host_is_what_the_rule_says(
        self, edge: EdgeProcess, upstreams, clause: str, expected: bytes
    ) -> None:
        upstream = upstreams()
        edge.publish(f"rule a {{ when any; {clause}; proxy {upstream.url} }}")
        with edge.client() as client:
            client.get("/")
        assert upstream.requests[0].header("host") == expected

    def test_the_target_s_own_host(self, edge: EdgeProcess, upstreams) -> None:
        upstream = upstreams()
        edge.publish(f"rule a {{ when any; host upstream; proxy {upstream.url} }}")
        with edge.client() as client:
            client.get("/")
        assert upstream.requests[0].header("host") == f"127.0.0.1:{upstream.port}".encode()

    @pytest.mark.parametrize(
        ("clause", "path", "expected"),
        [
            ('strip prefix "/api"', "/api/x?q=1", b"/x?q=1"),
            ('strip prefix "/api"', "/api", b"/"),
            ('replace prefix "/api" with "/v2"', "/api/x", b"/v2/x"),
            ('rewrite path "/all{path}"', "/api/x?q=1", b"/all/api/x?q=1"),
            ('rewrite path "/all{uri}"', "/api/x?q=1", b"/all/api/x?q=1"),
        ],
    )
    def test_paths_are_edited(
        self, edge: EdgeProcess, upstreams, clause: str, path: str, expected: bytes
    ) -> None:
        upstream = upstreams()
        edge.publish(f'rule a {{ when path under "/api"; {clause}; proxy {upstream.url} }}')
        with edge.client() as client:
            assert client.get(path).status == 200
        assert upstream.requests[0].line == b"GET %b HTTP/1.1" % expected

    def test_request_headers_are_edited_ours_too(self, edge: EdgeProcess, upstreams) -> None:
        upstream = upstreams()
        edge.publish(
            f"""rule a {{
                when path like "/u/{{id}}/{{rest...}}"
                rewrite path "/{{rest}}"
                set request header "X-User" = "{{id}} at {{host}}"
                remove request header "Via"
                set request header "X-Real-IP" = "hidden"
                proxy {upstream.url}
            }}"""
        )
        with edge.client() as client:
            client.get("/u/7/posts/1", "a.test", "X-User: forged")
        request = upstream.requests[0]
        assert request.line == b"GET /posts/1 HTTP/1.1"
        assert request.header("x-user") == b"7 at a.test"
        assert request.header("via") is None
        assert request.header("x-real-ip") == b"hidden"
        assert request.header("x-forwarded-for") == b"127.0.0.1"
