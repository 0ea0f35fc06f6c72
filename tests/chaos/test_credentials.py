"""Credentials on nodes while agents are killed, stores fail over and everything changes at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.credential_asks import ask_all, consumer_of, is_dropped
from tests.support.node_agent import AgentProcess, FakeWorker, StoreSide
from tests.support.servers import SentinelGroup, redis_binary, server_folder, start_server
from tests.support.store_accounts import Accounts
from tests.support.wait import wait_until
from weir.secrets.ring_file import ensure_ring
from weir.store.errors import StoreAway
from weir.store.keys import Keys

pytestmark = pytest.mark.chaos

RULES = 'rule a { when any; respond 200 "a" }'
KEYS = 6
MANY = 1500
"""More than the feed keeps."""


@pytest.fixture
def folder() -> Iterator[Path]:
    with server_folder() as directory:
        ensure_ring(directory / "secrets.json")
        yield directory


def accounts_at(url: str) -> Accounts:
    StoreSide(url).publish(RULES)
    made = Accounts(url, Keys("default"))
    made.consumer("alice")
    return made


def agent_of(folder: Path, name: str, url: str) -> tuple[AgentProcess, FakeWorker]:
    agent = AgentProcess(folder / name, url, "--node", name, "--secrets", str(folder / "secrets.json"))
    agent.start()
    worker = agent.worker()
    agent.wait_ok()
    return agent, worker


def known(worker: FakeWorker, *ids: str) -> list[bool]:
    answers = [
        answer for first in range(0, len(ids), 200) for answer in ask_all(worker, ids[first : first + 200])
    ]
    return [consumer_of(answer) is not None for answer in answers]


def test_an_agent_that_is_killed_when_it_has_told_of_a_revocation_does_not_forget_it(folder: Path) -> None:
    server = start_server(folder / "store", None, "--appendonly", "yes", "--appendfsync", "always")
    accounts = accounts_at(server.url)
    ids = [f"k{number}" for number in range(KEYS)]
    for id_ in ids:
        accounts.key(id_)
    agent, worker = agent_of(folder, "n1", server.url)
    assert all(known(worker, *ids))
    wait_until((agent.settings.node_directory / "credentials").exists, what="the snapshot")
    agent.end()
    agent.start()
    for number, id_ in enumerate(ids[:-1]):
        worker = agent.worker()
        agent.wait_ok()
        assert known(worker, id_) == [True]
        accounts.keys.remove(id_)
        wait_until(is_dropped(worker, f"key:{id_}"), what="the drop")
        agent.kill()
        server.kill()
        worker.stop()
        agent.start()
        expected = [False] * (number + 1) + [True] * (KEYS - number - 1)
        assert known(agent.worker(), *ids) == expected, "without store"
        server = start_server(folder / "store", None, "--appendonly", "yes", "--appendfsync", "always")
    agent.stop()
    server.stop()


def test_after_a_failover_revocations_are_heard(folder: Path) -> None:
    group = SentinelGroup(folder / "group", redis_binary())
    accounts = accounts_at(group.url)
    for id_ in ("one", "two"):
        accounts.key(id_)
    agent, worker = agent_of(folder, "n1", group.url)
    assert known(worker, "one", "two") == [True, True]
    group.master().kill()

    def removed() -> bool:
        try:
            return accounts.keys.remove("one") in ("removed", "missing")
        except StoreAway:
            return False

    wait_until(removed, what="the failover", within_s=60)
    wait_until(lambda: known(worker, "one") == [False], what="the revocation")
    wait_until(lambda: "read anew" in agent.said(), what="doubt")
    assert known(worker, "one", "two") == [False, True]
    agent.stop()
    group.stop()


def test_when_everything_changes_at_once_all_nodes_end_with_the_truth(folder: Path) -> None:
    server = start_server(folder / "store")
    accounts = accounts_at(server.url)
    for name in ("bob", "carol"):
        accounts.consumer(name)
    ids = [f"k{number}" for number in range(300)]
    for id_ in ids:
        accounts.key(id_)
    nodes = [agent_of(folder, name, server.url) for name in ("n1", "n2")]
    ended = threading.Event()

    def churn() -> None:
        mine = Accounts(server.url, Keys("default"))
        try:
            for number in range(MANY):
                mine.key(f"new{number}", consumer=("bob", "carol")[number % 2])
                if number % 5 == 0:
                    mine.keys.remove(ids[number // 5])
        finally:
            ended.set()

    thread = threading.Thread(target=churn)
    thread.start()
    while not ended.is_set():
        for _, worker in nodes:
            known(worker, *ids[::7])
    thread.join()
    for agent, worker in nodes:
        wait_until(lambda agent=agent: agent.metric("weir_credentials_suspects") == 0, what="no doubt")
        wait_until(lambda worker=worker: known(worker, ids[-1]) == [False], what="the last change")
        assert not any(known(worker, *ids))
        assert all(known(worker, *(f"new{number}" for number in range(0, MANY, 50))))
        agent.stop()
    server.stop()
