"""Checks and evidence over two real nodes on one store, which all tests share: each has an upstream of its own."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers import RunningServer, server_folder, start_server
from tests.support.upstream import Request, Upstream, ok
from tests.support.wait import wait_until
from tests.support.weir_edge import WeirEdge

pytestmark = pytest.mark.xdist_group("cluster-health")

NO = b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"
NAMES = ("n1", "n2")
RULES = """
upstream checked {{ target {0}; target {1}; target {2}; check GET /healthz every 300ms; eject off }}
upstream suspected {{ target {3}; target {dead}; eject after 10000 for 1m }}
rule checked {{ when path == "/checked"; proxy checked }}
rule suspected {{ when path == "/suspected"; proxy suspected }}
"""


class Checked(Upstream):
    """A target whose checks are counted by themselves, and that may be ill."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.ill = False

    def _answer(self, _request: Request) -> bytes:
        return NO if self.ill else ok()

    @property
    def checks(self) -> int:
        return sum(b"/healthz" in request.line for request in self.requests)


class Cluster:
    """Two nodes, four targets and the address of a fifth that nobody serves."""

    def __init__(self, folder: Path, nobody: socket.socket) -> None:
        self._folder = folder
        self.store: RunningServer = start_server(folder / "store")
        self.targets = [Checked() for _ in range(4)]
        for target in self.targets:
            target.start()
        self.dead = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        urls = [target.url for target in self.targets]
        (folder / "gateway.weir").write_text(RULES.format(*urls, dead=self.dead))
        self._nodes = {name: self._node(name) for name in NAMES}

    def nodes(self) -> list[WeirEdge]:
        """Both, serving the rules and known to each other's status; one that was killed is started again."""
        for name, node in self._nodes.items():
            if node.process.poll() is not None:
                node.run_file.unlink(missing_ok=True)
                self._nodes[name] = self._node(name)
        for node in self._nodes.values():
            node.wait_ready()
            wait_until(lambda node=node: node.get("/checked")[0] == 200, within_s=60, what="rules")
        return list(self._nodes.values())

    def stop(self) -> None:
        for node in self._nodes.values():
            node.process.terminate()
        for node in self._nodes.values():
            node.stop()
        for target in self.targets:
            target.stop()
        self.store.stop()

    def _node(self, name: str) -> WeirEdge:
        rules = str(self._folder / "gateway.weir")
        flags = ("--redis", self.store.url, "--node", name, "--config", rules)
        return WeirEdge(self._folder / name, *flags)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with server_folder() as folder, socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        made = Cluster(folder, nobody)
        yield made
        made.stop()


def told(node: WeirEdge, url: str) -> dict[str, Any]:
    """What the status listener says of a target."""
    status, body = node.get("/targets", "status")
    assert status == 200
    return next((each for each in json.loads(body)["targets"] if each["target"] == url), {})


def prober(nodes: list[WeirEdge], url: str) -> str:
    """Whom all nodes name; empty while they do not agree."""
    said = {told(node, url).get("check", {}).get("probed_by", "") for node in nodes}
    return said.pop() if len(said) == 1 else ""


def test_one_node_checks_for_both_and_both_act_on_it(cluster: Cluster) -> None:
    nodes, target = cluster.nodes(), cluster.targets[0]
    holder = wait_until(lambda: prober(nodes, target.url), what="both nodes name one prober")
    assert holder in NAMES
    target.ill = True
    for node in nodes:
        wait_until(lambda node=node: told(node, target.url).get("out"), what="the target is out")
        assert told(node, target.url)["why"] == ["check"]
        assert {node.get("/checked")[0] for _ in range(12)} == {200}
    target.ill = False
    for node in nodes:
        wait_until(lambda node=node: not told(node, target.url)["out"], what="it is in again")


def test_what_both_nodes_suspect_is_ejected_in_the_cluster(cluster: Cluster) -> None:
    """With so many failures in a row asked for, no worker ejects by itself; half of all requests is enough together."""
    nodes = cluster.nodes()

    def ejected() -> bool:
        for node in nodes:
            for _ in range(10):
                node.get("/suspected")
        return all(told(node, cluster.dead).get("out") for node in nodes)

    wait_until(ejected, within_s=60, what="the cluster ejects it")
    for node in nodes:
        said = told(node, cluster.dead)
        assert said["why"] == ["cluster"]
        assert 0 < said["cluster_for_s"] <= 60
        assert {node.get("/suspected")[0] for _ in range(10)} == {200}


def test_when_the_prober_dies_the_other_node_checks(cluster: Cluster) -> None:
    nodes, target = cluster.nodes(), cluster.targets[0]
    first = wait_until(lambda: prober(nodes, target.url), what="a prober")
    dead, other = (nodes[0], nodes[1]) if first == NAMES[0] else (nodes[1], nodes[0])
    dead.process.kill()
    dead.process.wait()
    wait_until(
        lambda: told(other, target.url).get("check", {}).get("probed_by", "") not in ("", first),
        what="another prober",
    )
    before = target.checks
    wait_until(lambda: target.checks > before + 2, what="it checks")


def test_without_a_store_each_node_checks_for_itself(cluster: Cluster) -> None:
    """The last: the store does not come back."""
    nodes, target = cluster.nodes(), cluster.targets[1]
    for node in nodes:
        wait_until(lambda node=node: "healthy" in told(node, target.url).get("check", {}), what="a result")
    cluster.store.stop()
    target.ill = True
    for node in nodes:
        wait_until(lambda node=node: told(node, target.url).get("out"), what="the target is out")
    checks = [told(node, target.url)["check"] for node in nodes]
    assert {check.get("found_by") or check["probed_by"] for check in checks} == set(NAMES)
