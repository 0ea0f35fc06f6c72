"""The agent as a process: how it starts, drains and ends."""

from __future__ import annotations

import signal
import subprocess
import sys

import gevent
import pytest

from edge.agent import boot
from tests.support.wait import wait_until

ONE = 'rule a { when path == "/a"; respond 200 "one" }'


def test_draining_turns_readiness_off_while_the_agent_goes_on(store, agent_at):
    agent = agent_at()
    worker = agent.worker()
    agent.wait_ok()
    agent.signal(signal.SIGUSR1)
    ready = agent.wait_for(lambda ready: ready["code"] == 503)
    assert ready["status"] == "draining"
    assert agent.get("/healthz")[0] == 200
    assert agent.metric("weir_draining") == 1
    store.side.publish(ONE)
    wait_until(lambda: worker.number == 1, what="a version while draining")


def test_it_ends_cleanly_when_it_is_asked_to(agent_at):
    agent = agent_at()
    agent.worker()
    agent.wait_ok()
    agent.signal(signal.SIGTERM)
    assert agent.process.wait(20) == 0
    assert not agent.link.exists()
    assert "Traceback" not in agent.said()


def test_a_store_address_that_can_never_do_is_one_sentence_and_exit_code_2(tmp_path):
    flags = ["--state", str(tmp_path), "--redis", "redis://h:port"]
    with subprocess.Popen(
        [sys.executable, "-m", "edge.agent", "0", str(tmp_path / "s"), *flags],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 2
    assert said.startswith("weir edge: ")
    assert said.count("\n") == 1


def test_a_part_that_fails_unexpectedly_is_logged_and_started_again(monkeypatch, caplog):
    monkeypatch.setattr(boot, "RESTART_S", 0.0)
    runs: list[int] = []

    def loop() -> None:
        runs.append(len(runs))
        if len(runs) == 3:
            raise gevent.GreenletExit
        raise RuntimeError("a bug")

    with pytest.raises(gevent.GreenletExit):
        boot._keep_running(loop)
    assert runs == [0, 1, 2]
    assert [str(record.exc_info[1]) for record in caplog.records] == ["a bug", "a bug"]
