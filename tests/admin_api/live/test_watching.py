"""A real ``weir admin`` and real node agents: what is so is told within a second, and streams end at once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.admin import AdminProcess
from tests.support.node_agent import AgentProcess, StoreSide
from tests.support.servers import RunningServer, server_folder
from tests.support.wait import wait_until

RULES = 'upstream u {{ target http://10.0.0.1:80 }} rule a {{ when path == "/{}"; proxy u }}'


@pytest.fixture
def admin(store: RunningServer) -> Iterator[AdminProcess]:
    with server_folder() as folder:
        running = AdminProcess(folder, store.url, cluster="default")
        yield running
        running.close()


@pytest.fixture
def agents(store: RunningServer, tmp_path: Path) -> Iterator[list[AgentProcess]]:
    made = [AgentProcess(tmp_path / name, store.url, "--node", name).start() for name in ("n1", "n2")]
    for agent in made:
        agent.worker()
    yield made
    for agent in made:
        agent.stop()


def events(lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
    """Types and contents, in order."""
    type_ = ""
    for line in lines:
        if line.startswith("event: "):
            type_ = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield type_, json.loads(line.removeprefix("data: "))


def test_a_publish_a_drain_and_the_end_of_a_stream(
    admin: AdminProcess, agents: list[AgentProcess], store: RunningServer
) -> None:
    side = StoreSide(store.url)
    side.publish(RULES.format(1))

    def nodes() -> Any:
        return admin.call("GET", "/api/v1/nodes").json()

    wait_until(lambda: nodes()["all_serve"] == 1 and nodes()["live"] == 2, what="both nodes on version 1")
    headers = {"Authorization": f"Bearer {admin.token}"}
    with httpx.stream("GET", f"{admin.url}/api/v1/events", headers=headers, timeout=60) as stream:
        told = events(stream.iter_lines())
        side.publish(RULES.format(2))
        found = {}
        while len(found) < 3:
            type_, content = next(told)
            if type_ == "version" and content["number"] == 2:
                found["version"] = content
            elif type_ == "node" and content["number"] == 2 and content["in_step"] == 1:
                found[content["name"]] = content
        assert nodes()["all_serve"] == 2
        url = "/api/v1/upstreams/u/targets/http%3A%2F%2F10.0.0.1%3A80/drain"
        drained = admin.call("PUT", url, json={"seconds": 60})
        assert drained.status_code == 200, drained.text
        while (event := next(told))[0] != "drain":
            continue
        assert event[1] == {"owner": "api", "upstream": "u", "target": "http://10.0.0.1:80"}

        def hears() -> bool:
            page = json.loads(agents[0].get("/targets")[1])
            return any("drained" in entry for entry in page["targets"])

        wait_until(hears, what="the drain on a node")
        admin.process.terminate()
        begun = time.monotonic()
        for _ in told:
            continue
        assert time.monotonic() - begun < 10, "a stream holds no process up"
    assert admin.process.wait(30) == 0
