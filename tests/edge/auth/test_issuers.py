"""What a worker knows of issuers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent
import pytest

from edge.auth.issuers import AGAIN_S, MAX_ISSUERS, MAX_REFRESHING, Issuers, NotSure
from edge.link.asks import Asks
from tests.support.tokens import FOREIGN, OWN, Signer


class Agent(Asks):
    """Answers what a test says, and keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Any] = []
        self.asked: list[Any] = []
        self.answer: Callable[[], Any] = lambda: None

    def tell(self, topic: str, body: Any) -> None:
        assert topic == "issuers-wanted"
        self.told.append(body["urls"])

    def ask(self, topic: str, body: Any, timeout_s: float) -> Any:
        assert (topic, timeout_s) == ("issuer-key", 2.0)
        self.asked.append(body["issuer"])
        return self.answer()


class Naming:
    def __init__(self, url: str) -> None:
        self.issuer_url = url


class Worker:
    def __init__(self) -> None:
        self.agent, self.changes, self.now = Agent(), 0, 100.0
        self.issuers = Issuers(self.agent, self._changed, lambda: self.now)

    def _changed(self) -> None:
        self.changes += 1


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture(scope="module")
def own() -> Signer:
    return Signer(OWN)


@pytest.fixture(scope="module")
def foreign() -> Signer:
    return Signer(FOREIGN)


def test_issuers_are_known_by_what_the_agent_says(worker: Worker, own: Signer, foreign: Signer) -> None:
    assert worker.issuers.of("") is None
    worker.agent.news("issuer", own.word())
    worker.agent.news("issuer", foreign.word(scope_claim="scp", consumer_claim="azp"))
    found = worker.issuers.of("")
    assert found is not None
    assert found is worker.issuers.of(OWN)
    assert (found.own, found.is_known, len(found.keys)) == (True, True, 1)
    other = worker.issuers.of(FOREIGN)
    assert other is not None
    assert other.reading == (FOREIGN, "scp", "azp")
    assert worker.issuers.of("https://id.example.com") is None


def test_news_that_say_nothing_new_change_nothing(worker: Worker, foreign: Signer) -> None:
    """Else every look of the agent would cost every token a signature check."""
    worker.agent.news("issuer", foreign.word())
    first = worker.issuers.of(FOREIGN)
    worker.agent.news("issuer", foreign.word())
    assert worker.issuers.of(FOREIGN) is first
    assert worker.changes == 1
    worker.agent.news("issuer", foreign.word(scope_claim="scp"))
    assert worker.issuers.of(FOREIGN) is not first
    assert worker.changes == 2


def test_an_issuer_that_is_gone_is_unknown(worker: Worker, own: Signer, foreign: Signer) -> None:
    worker.agent.news("issuer", own.word())
    worker.agent.news("issuer", foreign.word())
    worker.agent.news("issuer", {"issuer": FOREIGN, "own": False, "gone": True})
    worker.agent.news("issuer", {"issuer": OWN, "own": True, "gone": True})
    worker.agent.news("issuer", None)
    assert worker.issuers.of(FOREIGN) is None
    assert worker.issuers.of("") is None


@pytest.mark.parametrize(
    "body", [{}, {"issuer": 7, "own": False}, [], "x", 7, {"own": True}, {"issuer": "x" * 3000, "own": False}]
)
def test_news_that_are_none_are_left_alone(worker: Worker, own: Signer, body: Any) -> None:
    worker.agent.news("issuer", own.word())
    known = worker.issuers.of("")
    worker.agent.news("issuer", body)
    assert worker.issuers.of("") is known is not None


def test_the_number_of_issuers_has_a_bound(worker: Worker, foreign: Signer) -> None:
    for number in range(MAX_ISSUERS + 1):
        worker.agent.news("issuer", foreign.word(issuer=f"https://{number}.test"))
    assert worker.issuers.of(f"https://{MAX_ISSUERS - 1}.test") is not None
    assert worker.issuers.of(f"https://{MAX_ISSUERS}.test") is None


def test_the_agent_hears_which_issuers_the_rules_name(worker: Worker) -> None:
    first, second, own = Naming("https://b.test"), Naming("https://a.test"), Naming("")
    for each in (first, second, own, again := Naming("https://a.test")):
        worker.issuers.named_by(each)
    assert worker.agent.told == [["https://b.test"], ["https://a.test", "https://b.test"]]
    worker.agent.attach()
    assert worker.agent.told[-1] == ["https://a.test", "https://b.test"]
    del first, each, again
    worker.agent.attach()
    assert worker.agent.told[-1] == ["https://a.test"]


def test_a_newer_word_that_comes_with_the_answer_counts(worker: Worker, own: Signer) -> None:
    """Answers overtake news."""
    worker.agent.news("issuer", own.word())
    before = worker.issuers.of("")
    assert before is not None
    word = own.word(Signer(OWN, kid="k2"))
    worker.agent.answer = lambda: {"word": word, "sure": True}
    newer = worker.issuers.refresh(before)
    assert newer is worker.issuers.of("")
    assert newer is not before


def test_an_issuer_that_was_looked_at_for_nothing_is_left_alone_for_a_while(
    worker: Worker, own: Signer
) -> None:
    worker.agent.news("issuer", own.word())
    issuer = worker.issuers.of("")
    assert issuer is not None
    worker.agent.answer = lambda: {"word": own.word(), "sure": True}
    for _ in range(3):
        assert worker.issuers.refresh(issuer) is None
    assert worker.agent.asked == [OWN]
    worker.now += AGAIN_S
    assert worker.issuers.refresh(issuer) is None
    assert worker.agent.asked == [OWN, OWN]


@pytest.mark.parametrize("answer", [None, {}, {"word": None, "sure": False}, {"word": 7}, [], "x"])
def test_an_agent_that_cannot_say_is_asked_again(worker: Worker, own: Signer, answer: Any) -> None:
    worker.agent.news("issuer", own.word())
    issuer = worker.issuers.of("")
    assert issuer is not None
    worker.agent.answer = lambda: answer
    for _ in range(2):
        with pytest.raises(NotSure):
            worker.issuers.refresh(issuer)
    assert worker.agent.asked == [OWN, OWN]
    assert worker.issuers.of("") is issuer


def test_few_requests_wait_for_new_keys(worker: Worker, own: Signer) -> None:
    worker.agent.news("issuer", own.word())
    issuer = worker.issuers.of("")
    assert issuer is not None
    go_on, answer = gevent.event.Event(), {"word": own.word(), "sure": True}
    worker.agent.answer = lambda: go_on.wait() and answer

    def refresh() -> str:
        try:
            return "newer" if worker.issuers.refresh(issuer) else "none newer"
        except NotSure:
            return "not sure"

    waiting = [gevent.spawn(refresh) for _ in range(MAX_REFRESHING + 5)]
    gevent.sleep(0)
    gevent.sleep(0)
    assert len(worker.agent.asked) == MAX_REFRESHING
    assert [each.value for each in waiting if each.ready()] == ["not sure"] * 5
    go_on.set()
    gevent.joinall(waiting, timeout=10)
    assert [each.value for each in waiting[:MAX_REFRESHING]] == ["none newer"] * MAX_REFRESHING
