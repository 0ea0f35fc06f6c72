"""``weir adopt`` after the store was lost or replaced, with a real store and a real agent."""

from __future__ import annotations

import pytest

from tests.support.store_roles import as_role
from tests.support.wait import wait_until
from weir.processes.adoption import Answer, Order, Side, order_file, read_answer, write_order

ONE = 'rule a { when path == "/a"; respond 200 "one" }'
TWO = 'rule b { when path == "/b"; respond 200 "two" }'
THREE = 'rule c { when path == "/c"; respond 200 "three" }'


def order(agent, side: Side) -> Answer:
    directory = agent.settings.node_directory
    name = f"order-{side}"
    write_order(directory, Order(name, side))

    def answered() -> Answer | None:
        answer = read_answer(directory)
        return answer if answer and answer.id == name else None

    answer = wait_until(answered, what="the agent's answer")
    wait_until(lambda: not order_file(directory).exists(), what="the order being taken away")
    return answer


@pytest.fixture
def wiped(store, agent_at):
    """An agent that holds version 2 (of two owners) and a store that was wiped."""
    agent = agent_at(store_url=as_role(store.url, "admin"))
    agent.worker()
    store.side.publish(ONE, owner="file")
    store.side.publish(TWO, owner="api")
    agent.wait_for(lambda ready: ready["version"] and ready["version"]["number"] == 2)
    agent.wait_ok()
    store.wipe()
    agent.wait_for(lambda ready: "store_empty" in ready["reasons"])
    return agent


def test_the_node_fills_an_empty_store_with_what_it_holds(store, wiped):
    old = wiped.files.identity()
    answer = order(wiped, "node")
    assert answer.done, answer.text
    wiped.wait_ok()
    assert store.side.definitions("file")[0].name == "a"
    assert store.side.definitions("api")[0].name == "b"
    assert wiped.files.identity().incarnation != old.incarnation
    assert wiped.files.identity().number == store.side.number()


def test_the_node_overrules_a_foreign_store(store, wiped):
    store.side.publish(THREE, owner="api")
    store.side.publish(THREE, owner="k8s")
    wiped.wait_for(lambda ready: "store_foreign" in ready["reasons"])
    answer = order(wiped, "node")
    assert answer.done, answer.text
    wiped.wait_ok()
    names = {owner: [d.name for d in store.side.definitions(owner)] for owner in ("file", "api", "k8s")}
    assert names == {"file": ["a"], "api": ["b"], "k8s": []}


def test_the_node_gives_up_for_a_foreign_store(store, wiped):
    store.side.publish(THREE, owner="api")
    wiped.wait_for(lambda ready: "store_foreign" in ready["reasons"])
    answer = order(wiped, "store")
    assert answer.done, answer.text
    ready = wiped.wait_ok()
    assert ready["version"] == {"incarnation": store.side.head().incarnation, "number": 1}
    store.side.publish(ONE, owner="api")
    wiped.wait_for(lambda ready: ready["version"]["number"] == 2)


def test_the_node_gives_up_for_an_empty_store(wiped):
    worker = wiped.workers[0]
    answer = order(wiped, "store")
    assert answer.done, answer.text
    assert wiped.wait_ok()["version"] is None
    wait_until(lambda: worker.number == 0, what="the empty configuration")


def test_nothing_is_given_up_for_a_store_that_is_away(store, wiped):
    store.kill()
    wiped.wait_for(lambda ready: "store_away" in ready["reasons"])
    for side in ("store", "node"):
        answer = order(wiped, side)
        assert not answer.done
        assert "nothing was adopted" in answer.text
    assert wiped.ready()["version"]["number"] == 2


def test_a_node_that_holds_nothing_has_nothing_to_give(agent_at):
    agent = agent_at()
    agent.worker()
    agent.wait_ok()
    answer = order(agent, "node")
    assert not answer.done
    assert "holds no version" in answer.text


def test_what_is_no_order_is_removed_and_said(agent_at):
    agent = agent_at()
    path = order_file(agent.settings.node_directory)
    path.write_text("rubbish")
    wait_until(lambda: not path.exists(), what="the file being removed")
    wait_until(lambda: "no order of weir adopt" in agent.said(), what="the log line")


def test_the_rules_file_is_published_again_when_an_empty_store_was_adopted(store, agent_at, tmp_path):
    rules = tmp_path / "rules.weir"
    rules.write_text(ONE)
    agent = agent_at("n1", "--config", str(rules))
    agent.worker()
    agent.wait_for(lambda ready: ready["version"] and ready["version"]["number"] == 1)
    store.wipe()
    agent.wait_for(lambda ready: "store_empty" in ready["reasons"])
    assert order(agent, "store").done
    wait_until(lambda: store.side.number() == 1, what="the file in the empty store")
    agent.wait_ok()


def test_a_foreign_stores_rules_are_not_overwritten_by_the_file_that_the_node_had(store, agent_at, tmp_path):
    rules = tmp_path / "rules.weir"
    rules.write_text(ONE)
    agent = agent_at("n1", "--config", str(rules))
    agent.worker()
    agent.wait_for(lambda ready: ready["version"] and ready["version"]["number"] == 1)
    store.wipe()
    store.side.publish(TWO, owner="file")
    agent.wait_for(lambda ready: "store_foreign" in ready["reasons"])
    assert order(agent, "store").done
    agent.wait_ok()
    agent.kill()
    agent.start()
    agent.wait_ok()
    assert store.side.definitions("file")[0].name == "b"
