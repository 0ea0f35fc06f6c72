"""Two nodes on one store: the same versions, whoever publishes, with and without the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.servers import server_folder, start_server
from tests.support.wait import wait_until
from tests.support.weir_edge import WeirEdge

ONE = 'rule a { when path == "/a"; respond 200 "one" }\n'
TWO = 'rule a { when path == "/a"; respond 200 "two" }\n'
OTHER = 'rule b { when path == "/b"; respond 200 "other" }\n'

Start = Callable[..., WeirEdge]


@pytest.fixture
def folder() -> Iterator[Path]:
    with server_folder() as directory:
        yield directory


@pytest.fixture
def node(folder: Path) -> Iterator[Start]:
    started: list[WeirEdge] = []

    def start(name: str, store: str, *flags: str) -> WeirEdge:
        started.append(WeirEdge(folder / name, "--redis", store, "--node", name, *flags))
        return started[-1]

    yield start
    for each in started:
        each.stop()


def answers(edge: WeirEdge, path: str, body: str) -> None:
    wait_until(lambda: edge.get(path) == (200, body), within_s=60, what=f"{body} at {path}")


def test_what_one_node_publishes_both_serve(folder: Path, node: Start) -> None:
    store = start_server(folder / "store")
    rules = folder / "gateway.weir"
    rules.write_text(ONE)
    first = node("n1", store.url, "--config", str(rules))
    second = node("n2", store.url)
    first.wait_ready()
    second.wait_ready()
    answers(first, "/a", "one")
    answers(second, "/a", "one")
    rules.write_text(TWO)
    answers(first, "/a", "two")
    answers(second, "/a", "two")


def test_the_same_file_on_both_nodes_is_one_version(folder: Path, node: Start) -> None:
    store = start_server(folder / "store")
    rules = folder / "gateway.weir"
    rules.write_text(ONE)
    nodes = [node(name, store.url, "--config", str(rules)) for name in ("n1", "n2")]
    for each in nodes:
        each.wait_ready()
        answers(each, "/a", "one")
    assert b'"number": 1' in nodes[0].get("/readyz", "status")[1].encode()
    assert b'"number": 1' in nodes[1].get("/readyz", "status")[1].encode()


def test_a_node_that_was_down_catches_up(folder: Path, node: Start) -> None:
    store = start_server(folder / "store")
    rules = folder / "gateway.weir"
    rules.write_text(ONE)
    first = node("n1", store.url, "--config", str(rules))
    second = node("n2", store.url)
    second.wait_ready()
    answers(second, "/a", "one")
    second.stop()
    rules.write_text(TWO)
    answers(first, "/a", "two")
    again = node("n2", store.url)
    again.wait_ready()
    answers(again, "/a", "two")


def test_an_edge_that_starts_without_store_serves_what_it_had_and_follows_when_it_is_back(
    folder: Path, node: Start
) -> None:
    store = start_server(folder / "store", None, "--appendonly", "yes")
    rules = folder / "gateway.weir"
    rules.write_text(ONE)
    first = node("n1", store.url, "--config", str(rules))
    first.wait_ready()
    answers(first, "/a", "one")
    first.stop()
    store.kill()
    again = node("n1", store.url, "--config", str(rules))
    again.wait_ready()
    answers(again, "/a", "one")
    start_server(folder / "store", None, "--appendonly", "yes")
    rules.write_text(ONE + OTHER)
    answers(again, "/b", "other")
