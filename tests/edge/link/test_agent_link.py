"""The worker's end of the socket to the agent; conversations with a real one are in test_worker.py."""

from pathlib import Path

from edge.link.agent_link import AgentLink, applied_frame
from edge.versions.loader import Applied, Loader
from tests.support.credentials import Credentials
from tests.support.edge_process import SmallAgent
from tests.support.in_process import InProcess
from tests.support.versions import write_version
from tests.support.wait import wait_until

RULES = 'rule a {{ when any; respond 200 "{}" }}'


def test_a_frame_says_what_is_served() -> None:
    assert applied_frame(Applied("i", 3, 1.5)) == {
        "kind": "applied",
        "incarnation": "i",
        "number": 3,
        "took_ms": 1.5,
    }


def test_it_says_hello_follows_and_connects_again(tmp_path: Path) -> None:
    import gevent

    edge = InProcess(tmp_path / "version", RULES.format(1))
    loader = Loader(edge.engine, edge.reader, edge.upstreams)
    agent = SmallAgent(tmp_path / "agent", Credentials())
    agent.version = ("test", 1)
    AgentLink(tmp_path / "agent", 7, loader, edge.engine.telemetry).start()

    def after_a_turn(kind: str, number: int) -> bool:
        gevent.sleep(0.01)
        return any(message.get("number", number) == number for message in agent.of_kind(kind))

    wait_until(lambda: after_a_turn("applied", 1), what="version 1 is applied")
    assert agent.of_kind("hello")[0]["worker"] == 7
    write_version(edge.files, RULES.format(2), 2)
    agent.tell("test", 2)
    wait_until(lambda: after_a_turn("applied", 2), what="version 2 is applied")
    agent.stop()
    (tmp_path / "agent").unlink()
    agent = SmallAgent(tmp_path / "agent", Credentials())
    agent.version = ("test", 2)
    wait_until(lambda: after_a_turn("applied", 2), what="it comes back and says what it serves")
    agent.stop()
