"""Samples of a worker: off unless somebody watches, filtered, bounded, redacted."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from edge.telemetry.sampler import LONGEST_S, MOST_A_SECOND, TOPIC, Sampler
from tests.support.credentials import Credentials, request
from tests.support.in_process import InProcess

RULES = """
rule a { when path under "/a"; respond 200 "hello" }
rule b { when path == "/b"; respond 503 "" }
rule c { when path == "/c"; require key; respond 200 }
"""
ANY = {"owner": "", "rule": "", "status": "", "min_ms": 0.0}


class Watching:
    """A worker; ``now`` is its sampler's clock, which stands still unless a test moves it."""

    def __init__(self, directory: Path) -> None:
        self.edge = InProcess(directory, RULES)
        self.engine = self.edge.engine
        self.told: list[dict[str, Any]] = []
        self.engine.asks.tell = self._tell  # type: ignore[method-assign]
        self.now = time.monotonic()
        self.sampler = Sampler(self.engine.asks, self.engine.watch, clock=lambda: self.now)

    def is_on(self) -> bool:
        return self.engine.sampler is not None

    def watch(self, for_s: float = LONGEST_S, **asked: Any) -> None:
        self.sampler.hear({"filters": [{**ANY, **asked}], "for_s": for_s})

    def _tell(self, topic: str, body: Any) -> None:
        assert topic == TOPIC
        self.told.append(body)


@pytest.fixture
def worker(tmp_path: Path) -> Watching:
    return Watching(tmp_path)


def test_nobody_watches_at_first(worker: Watching) -> None:
    worker.edge.ask("/a")
    assert (worker.is_on(), worker.told) == (False, [])


def test_a_sample_says_what_happened_and_nothing_secret(worker: Watching) -> None:
    worker.watch()
    worker.edge.ask(
        b"GET /a/x;sid=SECRET?key=SECRET HTTP/1.1\r\nHost: A.test\r\nAuthorization: SECRET\r\nCookie: a=SECRET\r\n\r\n"
    )
    (told,) = worker.told
    assert (told["method"], told["host"], told["path"]) == ("GET", "a.test", "/a/x;sid?key")
    assert (told["rule"], told["status"], told["ip"]) == ("a", 200, "192.0.2.0/24")
    assert told["bytes_out"] > 0
    assert "SECRET" not in str(told)


def test_the_consumer_is_told_and_nothing_of_its_key(worker: Watching) -> None:
    key = Credentials().serve(worker.engine).key()
    worker.watch()
    worker.edge.ask(request("/c", f"X-API-Key: {key}"))
    (told,) = worker.told
    assert told["consumer"] == "acme"
    assert key.split("_")[1] not in str(told)


def test_what_was_not_understood_or_met_no_rule_is_told_too(worker: Watching) -> None:
    worker.watch()
    for data in ("/none", "/%zz?SECRET=SECRET", b"SECRET\r\n\r\n"):
        worker.edge.ask(data)
    assert [(told["status"], told["code"]) for told in worker.told[:2]] == [
        (404, "no-rule"),
        (400, "malformed-request"),
    ]
    assert len(worker.told) == 3
    assert "SECRET=SECRET" not in str(worker.told)


@pytest.mark.parametrize(
    ("asked", "rules"),
    [
        ({"rule": "b"}, ["b"]),
        ({"status": "5xx"}, ["b"]),
        ({"status": "200"}, ["a"]),
        ({"min_ms": 100_000.0}, []),
        ({"owner": "k8s"}, []),
    ],
)
def test_only_what_is_watched_for_is_told(worker: Watching, asked: dict[str, Any], rules: list[str]) -> None:
    worker.watch(**asked)
    worker.edge.ask("/a")
    worker.edge.ask("/b")
    assert [told["rule"] for told in worker.told] == rules


def test_no_more_than_a_second_may_have_are_told(worker: Watching) -> None:
    worker.watch()
    for _ in range(int(MOST_A_SECOND) + 30):
        worker.edge.ask("/a")
    assert len(worker.told) == MOST_A_SECOND
    worker.now += 0.125
    for _ in range(30):
        worker.edge.ask("/a")
    assert len(worker.told) == int(MOST_A_SECOND) + 6


def test_it_ends_when_the_agent_says_so_and_by_itself_when_it_says_nothing(worker: Watching) -> None:
    worker.watch()
    worker.sampler.hear(None)
    assert not worker.is_on()
    worker.watch(for_s=-1.0)
    assert worker.is_on()
    worker.edge.ask("/a")
    assert (worker.is_on(), worker.told) == (False, [])


@pytest.mark.parametrize(
    "news", [{"filters": 7, "for_s": 1.0}, {"filters": [], "for_s": 1.0}, {"for_s": 1.0}, 7]
)
def test_news_that_ask_for_nothing_or_are_not_understood_end_it(worker: Watching, news: Any) -> None:
    worker.watch()
    worker.sampler.hear(news)
    assert not worker.is_on()


def test_no_word_holds_longer_than_may_be(worker: Watching) -> None:
    worker.now = time.monotonic() - LONGEST_S - 1
    worker.watch(for_s=1e9)
    worker.edge.ask("/a")
    assert not worker.is_on()
