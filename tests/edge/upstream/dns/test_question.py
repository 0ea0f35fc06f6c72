"""One question to one name server."""

from __future__ import annotations

import dns.message
import dns.rrset
import pytest

from edge.upstream.dns.question import NoAnswer, ask
from tests.support.dns_server import DnsServer, cut_over_udp, failing, silent
from tests.support.ports import free_port


def test_an_answer_that_was_cut_is_fetched_over_tcp(server: DnsServer) -> None:
    server.has("a.test", *(f"192.0.2.{number}" for number in range(1, 200)))
    server.script = cut_over_udp
    answer = ask("a.test", "A", ("127.0.0.1", server.port), 10)
    assert len(answer.answer[0]) == 199
    assert server.asked == ["a.test A udp", "a.test A tcp"]


def test_silence_is_no_answer_when_the_time_is_over(server: DnsServer) -> None:
    server.script = silent
    with pytest.raises(NoAnswer, match="timed out"):
        ask("a.test", "A", ("127.0.0.1", server.port), 0.05)


def test_nobody_there_is_no_answer() -> None:
    with pytest.raises(NoAnswer):
        ask("a.test", "A", ("127.0.0.1", free_port()), 0.5)


@pytest.mark.parametrize("data", [b"", b"\x00" * 5, b"\xff" * 40])
def test_a_datagram_that_is_not_the_answer_is_passed_over(server: DnsServer, data: bytes) -> None:
    server.has("a.test", "192.0.2.1")

    def forged(query: dns.message.Message, answer: dns.message.Message, how: str) -> bytes:
        if how == "udp" and not data:
            answer.id = query.id ^ 1
            answer.answer = [dns.rrset.from_text("a.test.", 30, "IN", "A", "203.0.113.1")]
            return answer.to_wire()
        return data

    server.script = forged
    with pytest.raises(NoAnswer, match="timed out"):
        ask("a.test", "A", ("127.0.0.1", server.port), 0.05)


@pytest.mark.parametrize("name", ["a..b", "a" * 64 + ".test", "a." * 200])
def test_what_can_be_no_name_is_said_to_be_none(server: DnsServer, name: str) -> None:
    with pytest.raises(ValueError, match="is no name"):
        ask(name, "A", ("127.0.0.1", server.port), 1)
    assert server.asked == []


def test_a_server_that_fails_answers_with_its_failure(server: DnsServer) -> None:
    server.script = failing
    assert ask("a.test", "A", ("127.0.0.1", server.port), 5).rcode() == 2
