"""Credentials in real agents on a real store: found, revoked everywhere, and known after a restart."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.support.credential_asks import ask, consumer_of, is_dropped, news
from tests.support.node_agent import AgentProcess, FakeWorker
from tests.support.store_accounts import Accounts
from tests.support.wait import wait_until
from weir.secrets.ring_file import ensure_ring
from weir.store.keys import Keys
from weir.store.revoked import Revoked
from weir.store.used import Used

RULES = 'rule a { when any; respond 200 "a" }'


@pytest.fixture
def ring(tmp_path: Path) -> str:
    path = tmp_path / "secrets.json"
    ensure_ring(path)
    return str(path)


@pytest.fixture
def of_store(store) -> Accounts:
    """What a person does in the store of the agents."""
    store.side.publish(RULES)
    made = Accounts(store.url, Keys("default"))
    made.consumer("alice", "read")
    made.key("one")
    made.key("two")
    return made


def started(agent: AgentProcess) -> FakeWorker:
    worker = agent.worker()
    agent.wait_ok()
    return worker


def test_two_agents_know_a_credential_until_it_is_revoked_and_hear_of_it_soon(
    of_store, agent_at, ring
) -> None:
    agents = [agent_at(name, "--secrets", ring) for name in ("n1", "n2")]
    workers = [started(agent) for agent in agents]
    assert [consumer_of(ask(worker, "one")) for worker in workers] == ["alice", "alice"]
    assert news(workers[0], "credentials")[0]["all"] is True, "said to every worker that connects"
    assert of_store.keys.remove("one") == "removed"
    began = time.monotonic()
    for worker in workers:
        wait_until(is_dropped(worker, "key:one"), what="the drop on both nodes")
    assert time.monotonic() - began < 5
    for worker in workers:
        answer = ask(worker, "one")
        assert (answer["verifier"], answer["seq"]) == (None, news(worker, "credentials")[-1]["seq"])
        assert consumer_of(ask(worker, "two")) == "alice"
    assert Revoked(of_store.client, of_store.keys_of).add("jti-1", int(time.time()) + 3600) == "revoked"
    for worker in workers:
        wait_until(
            lambda worker=worker: any("add" in body for body in news(worker, "revoked")),
            what="the revoked token",
        )
    page = json.loads(agents[0].get("/credentials")[1])
    assert (page["known"], page["of"], page["revoked"]) == (1, {"key": 1}, 1)
    assert "two" not in agents[0].get("/credentials")[1]
    assert agents[0].metric('weir_credentials_dropped_total{why="changed"}') == 1


def test_after_a_restart_without_store_what_was_known_is_known_and_what_was_revoked_is_not(
    store, of_store, agent_at, ring
) -> None:
    agent = agent_at("n1", "--secrets", ring)
    worker = started(agent)
    for id_ in ("one", "two"):
        ask(worker, id_)
    Revoked(of_store.client, of_store.keys_of).add("jti-1", int(time.time()) + 3600)
    wait_until(lambda: any("add" in body for body in news(worker, "revoked")), what="the revoked token")
    of_store.keys.remove("two")
    wait_until(is_dropped(worker, "key:two"), what="the drop")
    now_ms = int(time.time() * 1000)
    worker.send({"kind": "asks", "items": [[0, "used", {"names": {"key:one": now_ms}}]]})
    wait_until(lambda: json.loads(agent.get("/credentials")[1])["uses_waiting"] == 1, what="the last use")
    agent.end()
    assert Used(of_store.client, of_store.keys_of).of(["key:one"]), "brought at the end"
    store.kill()
    agent.start()
    fresh = agent.worker()
    assert consumer_of(ask(fresh, "one")) == "alice"
    assert ask(fresh, "two") is None
    assert ask(fresh, "unknown") is None
    assert news(fresh, "credentials") == [], "nothing is known of what may have changed"
    assert news(fresh, "credentials-fresh")[-1]["at"] <= time.monotonic()
    values = {value for body in news(fresh, "revoked") for value, _ in body["values"]}
    assert (values, len(news(fresh, "revoked"))) == ({"jti-1"}, 32)
    store.start()
    wait_until(
        lambda: any(body["all"] for body in news(fresh, "credentials")), what="doubt: the store began anew"
    )
    wait_until(lambda: agent.metric("weir_credentials_suspects") == 0, what="that all was read anew")
    assert (consumer_of(ask(fresh, "one")), ask(fresh, "two")["verifier"]) == ("alice", None)


def test_without_key_ring_nothing_is_kept_on_the_disk(of_store, agent_at) -> None:
    agent = agent_at("n1")
    assert consumer_of(ask(started(agent), "one")) == "alice"
    agent.end()
    assert "no key ring was given" in agent.said()
    assert list(agent.settings.node_directory.glob("credentials*")) == []
