"""Questions between a worker's and an agent's real ends of the socket, in one process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import gevent.socket
import pytest
from gevent.event import Event
from prometheus_client import CollectorRegistry

from edge.agent import worker_link
from edge.agent.facts import Facts
from edge.agent.metrics import WorkerMetrics
from edge.agent.worker_link import WorkerLink
from edge.link import asks as agent_asks
from edge.link import frames
from edge.link.agent_link import AgentLink
from edge.link.asks import MAX_PENDING, Asks
from edge.versions.loader import Loader
from tests.support.in_process import InProcess
from tests.support.servers import server_folder

PATIENT_S = 20.0


class Echo:
    """Answers with what it was asked, once ``gate`` is open; notes who came and who went."""

    def __init__(self) -> None:
        self.gate = Event()
        self.gate.set()
        self.asked: list[Any] = []
        self.gone_ones: list[int] = []
        self.at_work = 0

    def answer(self, connection: int, body: Any) -> Any:
        self.asked.append(body)
        if body == "fail":
            raise RuntimeError("of the test")
        self.at_work += 1
        try:
            self.gate.wait()
        finally:
            self.at_work -= 1
        return body if body != "who" else connection

    def gone(self, connection: int) -> None:
        assert self.at_work == 0
        self.gone_ones.append(connection)


class Node:
    """An agent's link and a worker's."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "agent"
        self.echo = Echo()
        self.link = self.agent()
        edge = InProcess(folder / "version", "")
        self.asks = Asks()
        loader = Loader(edge.engine, edge.reader, edge.upstreams)
        self.worker = AgentLink(self.path, 1, loader, edge.engine.telemetry, self.asks)
        self.worker.start()
        until(lambda: self.asks.connected)

    def agent(self) -> WorkerLink:
        metrics = WorkerMetrics(CollectorRegistry())
        link = WorkerLink(self.path, Facts(config="none"), metrics, on_refused=lambda: None)
        link.answer_with({"echo": self.echo})
        link.start()
        return link


def until(reached: Callable[[], object]) -> None:
    with gevent.Timeout(PATIENT_S):
        while not reached():
            gevent.sleep(0.005)


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    monkeypatch.setattr(worker_link, "socket", gevent.socket)  # as in the agent, which is monkey patched
    with server_folder() as folder:
        made = Node(folder)
        yield made
        made.echo.gate.set()
        made.link.stop()


def test_a_question_gets_its_answer(node):
    asked = [gevent.spawn(node.asks.ask, "echo", {"n": number}, PATIENT_S) for number in range(1000)]
    gevent.joinall(asked, timeout=PATIENT_S)
    assert [each.value for each in asked] == [{"n": number} for number in range(1000)]


def test_later_and_tell(node):
    heard: list[Any] = []
    node.asks.tell("echo", "told")
    node.asks.later("echo", "asked", heard.append)
    until(lambda: heard)
    assert heard == ["asked"]
    assert node.echo.asked == ["told", "asked"]


def test_what_was_told_last_goes_out_before_the_worker_ends(node):
    for number in range(frames.MAX_ASKS + 1):
        node.asks.tell("echo", number)
    node.worker.finish()
    until(lambda: len(node.echo.asked) == frames.MAX_ASKS + 1)


def test_an_unknown_topic_and_a_failing_one_answer_nothing(node):
    assert node.asks.ask("unknown", 1, PATIENT_S) is None
    assert node.asks.ask("echo", "fail", PATIENT_S) is None
    assert node.asks.ask("echo", 1, PATIENT_S) == 1


def test_who_waits_too_long_goes_on_without_an_answer(node):
    node.echo.gate.clear()
    assert node.asks.ask("echo", 1, 0.02) is None
    node.echo.gate.set()
    assert node.asks.ask("echo", 2, PATIENT_S) == 2


def test_a_question_by_later_that_is_not_answered_ends_too(node, monkeypatch):
    monkeypatch.setattr(agent_asks, "LATER_S", 0.0)
    node.echo.gate.clear()
    heard: list[Any] = []
    node.asks.later("echo", 1, heard.append)
    until(lambda: heard)
    assert heard == [None]


def test_questions_without_an_answer_are_bounded(node):
    node.echo.gate.clear()
    heard: list[Any] = []
    for number in range(MAX_PENDING):
        node.asks.later("echo", number, heard.append)
    assert heard == []
    assert node.asks.ask("echo", "more", PATIENT_S) is None
    node.asks.later("echo", "more", heard.append)
    assert heard == [None]
    node.echo.gate.set()
    until(lambda: len(heard) == MAX_PENDING + 1)
    assert sorted(heard[1:]) == list(range(MAX_PENDING))
    assert node.asks.ask("echo", "again", PATIENT_S) == "again"


def test_a_worker_s_questions_that_are_worked_on_are_bounded(node, monkeypatch):
    node.echo.gate.clear()
    heard: list[Any] = []
    for number in range(worker_link.MAX_ANSWERING + 300):
        node.asks.later("echo", number, heard.append)
    until(lambda: node.echo.at_work == worker_link.MAX_ANSWERING)
    gevent.sleep(0.05)
    assert node.echo.at_work == worker_link.MAX_ANSWERING
    node.echo.gate.set()
    until(lambda: len(heard) == worker_link.MAX_ANSWERING + 300)
    assert None not in heard


@pytest.mark.parametrize("body", ["x" * (frames.MAX_FRAME + 1), object(), 1 << 70])
def test_a_question_that_is_no_frame_is_answered_with_nothing(node, body):
    large = [gevent.spawn(node.asks.ask, "echo", "y" * (frames.MAX_FRAME // 3), PATIENT_S) for _ in range(4)]
    assert node.asks.ask("echo", body, PATIENT_S) is None
    gevent.joinall(large, timeout=PATIENT_S)
    assert all(each.value for each in large)
    assert node.asks.connected


def test_an_agent_that_goes_answers_everything_with_nothing_and_is_found_again(node):
    node.echo.gate.clear()
    heard: list[Any] = []
    node.asks.later("echo", 1, heard.append)
    asked = gevent.spawn(node.asks.ask, "echo", 2, PATIENT_S)
    until(lambda: node.echo.at_work == 2)
    stopping = gevent.spawn(node.link.stop)
    asked.join(timeout=PATIENT_S)
    assert asked.value is None
    assert heard == [None]
    until(lambda: not node.asks.connected)
    assert node.asks.ask("echo", 3, PATIENT_S) is None
    node.asks.tell("echo", "lost")
    node.echo.gate.set()
    stopping.join(timeout=PATIENT_S)
    node.link = node.agent()
    until(lambda: node.asks.connected)
    assert node.asks.ask("echo", 4, PATIENT_S) == 4
    assert "lost" not in node.echo.asked


def test_a_worker_that_goes_with_questions_pending_is_told_to_the_topic_after_the_last_answer(node):
    node.echo.gate.clear()
    with gevent.socket.socket(gevent.socket.AF_UNIX) as sock:
        sock.connect(str(node.path))
        frames.send(sock, {"kind": "hello", "pid": 1, "worker": 2})
        frames.send(sock, {"kind": "asks", "items": [[1, "echo", "who"], [0, "echo", "told"]]})
        until(lambda: node.echo.at_work == 2)
    gevent.sleep(0.02)
    assert node.echo.gone_ones == []
    node.echo.gate.set()
    until(lambda: node.echo.gone_ones)
    assert node.asks.ask("echo", 1, PATIENT_S) == 1


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "asks"},
        {"kind": "asks", "items": [[1, "echo"]]},
        {"kind": "asks", "items": [["1", "echo", 1]]},
        {"kind": "asks", "items": [[1, 1, 1]]},
        {"kind": "asks", "items": [[1, "echo", 1]] * (frames.MAX_ASKS + 1)},
    ],
)
def test_asks_that_break_the_protocol_cost_the_connection(node, message):
    with gevent.socket.socket(gevent.socket.AF_UNIX) as sock:
        sock.connect(str(node.path))
        frames.send(sock, {"kind": "hello", "pid": 1, "worker": 2})
        frames.send(sock, message)
        with gevent.Timeout(PATIENT_S):
            assert sock.recv(1) == b""


def test_news_reach_every_worker_and_those_that_come_later(node):
    heard: list[Any] = []
    node.asks.on_news("share", heard.append)
    node.link.announce("share", 1)
    node.link.announce("share", 2, key="b")
    node.link.announce("nobody's", 3)
    until(lambda: len(heard) == 2)
    assert heard == [1, 2]
    node.link.announce("share", None, key="b")
    with gevent.socket.socket(gevent.socket.AF_UNIX) as sock:
        sock.connect(str(node.path))
        frames.send(sock, {"kind": "hello", "pid": 1, "worker": 2})
        with gevent.Timeout(PATIENT_S):
            late = [frames.read(sock), frames.read(sock)]
    assert late == [
        {"kind": "news", "topic": "share", "body": 1},
        {"kind": "news", "topic": "nobody's", "body": 3},
    ]


def test_news_that_are_no_frame_are_refused_where_they_are_made(node):
    with pytest.raises(frames.FrameError):
        node.link.announce("share", "x" * frames.MAX_FRAME)


def test_news_that_are_kept_are_bounded(node, monkeypatch):
    monkeypatch.setattr(worker_link, "MAX_NEWS", 3)
    for number in range(5):
        node.link.announce("t", number, key=str(number))
    with gevent.socket.socket(gevent.socket.AF_UNIX) as sock:
        sock.connect(str(node.path))
        frames.send(sock, {"kind": "hello", "pid": 1, "worker": 2})
        with gevent.Timeout(PATIENT_S):
            assert [frames.read(sock)["body"] for _ in range(3)] == [2, 3, 4]


def test_a_taker_that_fails_costs_nothing_else(node):
    def bad(_body: object) -> None:
        raise RuntimeError("of the test")

    node.asks.on_news("share", bad)
    node.link.announce("share", 1)
    node.asks.later("echo", 1, bad)
    assert node.asks.ask("echo", 2, PATIENT_S) == 2


def test_without_an_agent_everything_is_answered_at_once():
    asks, heard = Asks(), []
    assert asks.ask("echo", 1, PATIENT_S) is None
    asks.later("echo", 1, heard.append)
    asks.tell("echo", 1)
    assert heard == [None]


@pytest.mark.parametrize("items", [None, [1], [[1]], [["1", 2]], [[1, 2, 3]]])
def test_answers_that_are_none_break_the_protocol(items):
    with pytest.raises(frames.FrameError):
        Asks().replies(items)


def test_news_without_a_topic_break_the_protocol():
    with pytest.raises(frames.FrameError):
        Asks().news(None, 1)
