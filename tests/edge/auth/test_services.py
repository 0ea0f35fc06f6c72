"""Everything that verdicts rest on ends those that are remembered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edge.auth.services import AuthServices
from edge.link.asks import Asks
from tests.support.credentials import Credentials, name_of, request
from tests.support.in_process import InProcess
from weir.models.auth.secret_text import new_secret
from weir.routing.facts import RequestFacts

RULES = 'rule a { when any; require key; respond 200 "in" }'


def test_a_drop_of_what_is_known_ends_remembered_verdicts(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, RULES)
    credentials = Credentials().serve(edge.engine)
    key = credentials.key()
    edge.ask(request("/", f"X-API-Key: {key}"))
    before = edge.engine.auth.generation
    credentials.drop("key:somebody-elses")
    assert edge.engine.auth.generation == before
    credentials.drop(name_of(key))
    assert edge.engine.auth.generation == before + 1


def test_some_clients_that_go_on_with_revoked_keys_for_minutes_do_not_hold_up_others() -> None:
    """All behind one address; each of them asks every second."""

    class Agent(Asks):
        credentials = Credentials()

        def ask(self, topic: str, body: Any, timeout_s: float) -> Any | None:
            return self.credentials.answer(topic, body)

    now = 1000.0
    agent, here = Agent(), RequestFacts("a.test", "/", ip="192.0.2.1")
    services = AuthServices(agent, lambda: 86_400.0, clock=lambda: now)
    revoked = [new_secret("weir").id for _ in range(10)]
    for _ in range(300):
        assert [services.look_up(here, "key", each) for each in revoked] == [None] * len(revoked)
        now += 1
    new = agent.credentials.key().split("_")[1]
    assert services.look_up(here, "key", new) is not None
