"""The rules file: published at first sight and at every change, never to undo what others did."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.wait import wait_until

ONE = 'rule a { when path == "/a"; respond 200 "one" }\n'
TWO = 'rule a { when path == "/a"; respond 200 "two" }\n'
THREE = 'rule a { when path == "/a"; respond 200 "three" }\n'
BAD = 'rule a { when path == "/a"; proxy nowhere }\n'


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "gateway.weir"
    path.write_text(ONE)
    return path


@pytest.fixture
def agent(agent_at, rules):
    """Has published the file as version 1."""
    agent = agent_at("n1", "--config", str(rules))
    agent.worker()
    agent.wait_for(
        lambda ready: ready["code"] == 200 and ready["version"] and ready["version"]["number"] == 1
    )
    agent.wait_ok()
    return agent


def body(store) -> str:
    """Of the file's only rule in the store."""
    definitions = store.side.definitions("file")
    return definitions[0].clauses[1].body if definitions else ""


def test_the_file_is_published_at_first_sight_before_the_node_is_ready(store, agent):
    manifest = agent.files.manifest()
    assert (manifest.author, manifest.message) == ("n1", "from gateway.weir")
    assert body(store) == "one"
    assert agent.metric("weir_config_file_published_total") == 1


def test_a_change_is_published(store, agent, rules):
    rules.write_text(TWO)
    wait_until(lambda: body(store) == "two", what="the change in the store")
    wait_until(lambda: agent.workers[0].number == 2, what="the change on the worker")


def test_a_file_renamed_over_the_old_one_is_published(store, agent, rules):
    other = rules.with_name("other")
    other.write_text(TWO)
    other.replace(rules)
    wait_until(lambda: body(store) == "two", what="the change in the store")


def test_saving_without_a_change_publishes_nothing(store, agent, rules):
    rules.write_text(ONE)
    rules.write_text(TWO)
    wait_until(lambda: body(store) == "two", what="the change in the store")
    assert store.side.number() == 2


def test_errors_are_told_with_their_places_and_the_old_rules_stay(store, agent, rules):
    rules.write_text("# a comment\n" + BAD)
    ready = agent.wait_for(lambda ready: "config_file_error" in ready["reasons"])
    assert (ready["code"], ready["status"], ready["version"]["number"]) == (200, "degraded", 1)
    assert ready["config_file"][0].startswith("gateway.weir:2:")
    assert "nowhere" in ready["config_file"][0]
    assert agent.metric("weir_config_file_error") == 1
    assert ready["config_file"][0] in agent.said()
    assert body(store) == "one"
    rules.write_text(TWO)
    wait_until(lambda: body(store) == "two", what="the mended file")
    agent.wait_ok()
    assert agent.metric("weir_config_file_error") == 0


def test_mending_a_bad_edit_by_undoing_it_clears_the_error(store, agent, rules):
    rules.write_text(BAD)
    agent.wait_for(lambda ready: "config_file_error" in ready["reasons"])
    rules.write_text(ONE)
    agent.wait_ok()
    assert store.side.number() == 1


def test_a_restart_does_not_undo_what_somebody_published_since(store, agent):
    store.side.publish(TWO, owner="file", author="bob")
    wait_until(lambda: agent.workers[0].number == 2, what="bob's version")
    agent.kill()
    agent.start()
    agent.wait_ok()
    assert body(store) == "two"
    assert store.side.number() == 2


def test_a_change_wins_over_what_somebody_published_before(store, agent, rules):
    store.side.publish(TWO, owner="file", author="bob")
    rules.write_text(THREE)
    wait_until(lambda: body(store) == "three", what="the edit in the store")


def test_a_change_made_while_the_agent_was_off_is_published(store, agent, rules):
    agent.kill()
    rules.write_text(TWO)
    agent.start()
    wait_until(lambda: body(store) == "two", what="the change in the store")


def test_a_change_made_while_the_store_is_away_is_published_when_it_is_back(store, agent, rules):
    store.kill()
    agent.wait_for(lambda ready: "store_away" in ready["reasons"])
    rules.write_text(TWO)
    wait_until(lambda: agent.ready().get("status") == "degraded", what="the outage")
    store.start()
    wait_until(lambda: body(store) == "two", what="the change in the store")
    agent.wait_ok()


def test_errors_are_told_while_the_store_is_away(store, agent, rules):
    store.kill()
    rules.write_text(BAD)
    ready = agent.wait_for(lambda ready: {"store_away", "config_file_error"} <= set(ready["reasons"]))
    assert ready["code"] == 200


def test_a_file_that_goes_away_is_reported_and_taken_up_again(store, agent, rules):
    rules.unlink()
    ready = agent.wait_for(lambda ready: "config_file_error" in ready["reasons"])
    assert "No such file" in ready["config_file"][0]
    rules.write_text(TWO)
    wait_until(lambda: body(store) == "two", what="the file that is back")
    agent.wait_ok()


def test_the_same_file_that_is_back_clears_the_error(agent, rules):
    rules.unlink()
    agent.wait_for(lambda ready: "config_file_error" in ready["reasons"])
    rules.write_text(ONE)
    agent.wait_ok()


def test_two_nodes_with_the_same_file_make_one_version(store, agent_at, rules):
    agents = [agent_at(name, "--config", str(rules)) for name in ("n1", "n2")]
    for agent in agents:
        agent.worker()
    for agent in agents:
        agent.wait_ok()
    assert store.side.number() == 1


def test_two_nodes_whose_files_differ_publish_once_each_and_come_to_rest(store, agent_at, rules):
    other = rules.with_name("other.weir")
    other.write_text(TWO)
    agents = [agent_at("n1", "--config", str(rules)), agent_at("n2", "--config", str(other))]
    for agent in agents:
        agent.worker()
    for agent in agents:
        agent.wait_for(lambda ready: ready["status"] == "ok" and ready["version"]["number"] == 2)


def test_warnings_are_said_and_the_file_is_published(store, agent, rules):
    rules.write_text(TWO + 'rule never { when path == "/a"; respond 200 "x" }\n')
    wait_until(lambda: body(store) == "two", what="the change in the store")
    wait_until(lambda: "gateway.weir:2:" in agent.said(), what="the warning")
