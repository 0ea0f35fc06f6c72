"""Checks and evidence over two real nodes on one store."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers import RunningServer, server_folder, start_server
from tests.support.upstream import Request, Upstream, ok
from tests.support.wait import wait_until
from tests.support.weir_edge import WeirEdge

NO = b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"


class Checked(Upstream):
    """A target whose checks are counted by themselves, and that may be ill."""

    ill = False

    def __post_init__(self) -> None:
        self.answer = self._answer

    def _answer(self, _request: Request) -> bytes:
        return NO if self.ill else ok()

    @property
    def checks(self) -> int:
        return sum(b"/healthz" in request.line for request in self.requests)


@pytest.fixture
def targets() -> Iterator[list[Checked]]:
    made = [Checked() for _ in range(3)]
    for each in made:
        each.answer = each._answer
        each.start()
    yield made
    for each in made:
        each.stop()


@pytest.fixture
def folder() -> Iterator[Path]:
    with server_folder() as directory:
        yield directory


@pytest.fixture
def store(folder: Path) -> Iterator[RunningServer]:
    server = start_server(folder / "store")
    yield server
    server.stop()


@pytest.fixture
def two(folder: Path, store: RunningServer) -> Iterator[Callable[[str], list[WeirEdge]]]:
    """Two nodes that serve the rules."""
    started: list[WeirEdge] = []

    def start(text: str) -> list[WeirEdge]:
        rules = folder / "gateway.weir"
        rules.write_text(text)
        for name in ("n1", "n2"):
            flags = ("--redis", store.url, "--node", name, "--config", str(rules))
            started.append(WeirEdge(folder / name, *flags))
        for each in started:
            each.wait_ready()
            wait_until(
                lambda each=each: each.get("/")[0] != 404 and each.get("/")[0] != 0, within_s=60, what="rules"
            )
        return started

    yield start
    for each in started:
        each.stop()


def told(node: WeirEdge, url: str) -> dict[str, Any]:
    """What the status listener says of a target."""
    status, body = node.get("/targets", "status")
    assert status == 200
    return next((each for each in json.loads(body)["targets"] if each["target"] == url), {})


def rules(targets: list[str], clauses: str) -> str:
    lines = "; ".join(f"target {target}" for target in targets)
    return f"upstream u {{ {lines}; {clauses} }}\nrule a {{ when any; proxy u }}"


def test_one_node_checks_for_both_and_both_act_on_it(
    two: Callable[[str], list[WeirEdge]], targets: list[Checked]
) -> None:
    urls = [each.url for each in targets]
    nodes = two(rules(urls, "check GET /healthz every 500ms; eject off"))

    def prober() -> str:
        said = {told(node, urls[0]).get("check", {}).get("probed_by", "") for node in nodes}
        return said.pop() if len(said) == 1 else ""

    holder = wait_until(prober, within_s=30, what="both nodes name one prober")
    assert holder in ("n1", "n2")
    targets[0].ill = True
    for node in nodes:
        wait_until(lambda node=node: told(node, urls[0]).get("out"), within_s=30, what="the target is out")
        assert told(node, urls[0])["why"] == ["check"]
        assert {node.get("/")[0] for _ in range(12)} == {200}
    targets[0].ill = False
    for node in nodes:
        wait_until(lambda node=node: not told(node, urls[0])["out"], within_s=30, what="it is in again")


def test_when_the_prober_dies_the_other_node_checks(
    two: Callable[[str], list[WeirEdge]], targets: list[Checked]
) -> None:
    url = targets[0].url
    nodes = two(rules([url, targets[1].url], "check GET /healthz every 500ms"))
    first = wait_until(
        lambda: told(nodes[0], url).get("check", {}).get("probed_by", ""), within_s=30, what="a prober"
    )
    dead, other = (nodes[0], nodes[1]) if first == "n1" else (nodes[1], nodes[0])
    dead.process.kill()
    dead.process.wait()
    wait_until(
        lambda: told(other, url).get("check", {}).get("probed_by", "") not in ("", first),
        within_s=30,
        what="another prober",
    )
    before = targets[0].checks
    wait_until(lambda: targets[0].checks > before + 2, within_s=30, what="it checks")


def test_without_a_store_each_node_checks_for_itself(
    two: Callable[[str], list[WeirEdge]], targets: list[Checked], store: RunningServer
) -> None:
    url = targets[0].url
    nodes = two(rules([each.url for each in targets], "check GET /healthz every 300ms; eject off"))
    wait_until(lambda: "healthy" in told(nodes[0], url).get("check", {}), within_s=30, what="a result")
    store.stop()
    targets[0].ill = True
    for node in nodes:
        wait_until(lambda node=node: told(node, url).get("out"), within_s=30, what="the target is out")
    own = {
        told(node, url)["check"].get("found_by") or told(node, url)["check"]["probed_by"] for node in nodes
    }
    assert own == {"n1", "n2"}


def test_what_both_nodes_suspect_is_ejected_in_the_cluster(
    two: Callable[[str], list[WeirEdge]], targets: list[Checked]
) -> None:
    """With so many failures in a row asked for, no worker ejects by itself; half of all requests is enough together."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        nodes = two(rules([dead, targets[0].url], "eject after 10000 for 1m"))

        def ejected() -> bool:
            for node in nodes:
                for _ in range(10):
                    node.get("/")
            return all(told(node, dead).get("out") for node in nodes)

        wait_until(ejected, within_s=60, what="the cluster ejects it")
        for node in nodes:
            said = told(node, dead)
            assert said["why"] == ["cluster"]
            assert 0 < said["cluster_for_s"] <= 60
            assert {node.get("/")[0] for _ in range(10)} == {200}
