"""``weir edge`` as a person starts it: what is wrong is one sentence and exit code 2; what is right serves."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.boot import LONGEST_SOCKET_PATH, BadSecrets, check_secrets, link_socket
from edge.settings import EdgeSettings
from tests.support.node_agent import StoreSide
from tests.support.servers import is_running, server_folder, start_server
from tests.support.wait import wait_until
from tests.support.weir_edge import FREE, WeirEdge
from weir.processes.lock import hold
from weir.secrets.ring_file import ensure_ring, without_signing, write_ring

NOWHERE = "redis://127.0.0.1:1"
ONE = 'rule a { when path == "/a"; respond 200 "one" }\n'
TWO = 'rule a { when path == "/a"; respond 200 "two" }\n'


@pytest.fixture
def folder() -> Iterator[Path]:
    with server_folder() as directory:
        yield directory


@pytest.fixture
def edge(folder: Path) -> Iterator[Callable[..., WeirEdge]]:
    started: list[WeirEdge] = []

    def start(*flags: str, name: str = "state") -> WeirEdge:
        started.append(WeirEdge(folder / name, *flags))
        return started[-1]

    yield start
    for each in started:
        each.stop()


def refused(*flags: str, state: Path) -> str:
    """What the edge says before it ends with exit code 2."""
    command = [sys.executable, "-m", "edge", "--state", str(state), *flags]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (state / "run.json").exists()
    return ended.stderr


def test_a_wrong_flag_is_one_sentence(folder):
    assert refused("--edge", "nowhere", state=folder).startswith("weir edge: --edge: ")


def test_a_missing_store_is_one_sentence(folder):
    assert "use --redis URL" in refused(state=folder)


def test_a_bad_store_address_is_one_sentence(folder):
    said = refused(*FREE, "--redis", "redis://h:port", state=folder)
    assert "redis://h:port" in said or "port" in said
    assert said.count("\n") <= 2


@pytest.mark.parametrize("flag", ["--edge", "--status"])
def test_a_port_that_is_taken_is_one_sentence(folder, flag):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused("--redis", NOWHERE, *FREE[:2], *FREE[2:], flag, f"127.0.0.1:{port}", state=folder)
    assert f"127.0.0.1:{port}: the port is taken" in said
    assert said.count("\n") == 1


def test_a_second_edge_on_the_same_state_is_one_sentence(folder):
    with hold(folder / "state"):
        said = refused("--redis", NOWHERE, *FREE, state=folder / "state")
    assert f"in use by process {os.getpid()}" in said


def test_a_state_directory_that_cannot_be_made_is_one_sentence(folder):
    (folder / "file").write_text("")
    assert "cannot use the state directory" in refused(
        "--redis", NOWHERE, *FREE, state=folder / "file" / "state"
    )


def test_a_missing_rules_file_is_one_sentence(folder):
    said = refused("--redis", NOWHERE, *FREE, "--config", "/nowhere.weir", state=folder)
    assert "cannot read /nowhere.weir: No such file or directory" in said


def test_bad_rules_at_the_first_start_are_told_with_their_places(folder):
    rules = folder / "rules.weir"
    rules.write_text(
        'rule a { when path == "/a"; proxy nowhere }\nrule b { when path == "/b"; proxy neither }'
    )
    said = refused("--redis", NOWHERE, *FREE, "--config", str(rules), state=folder / "state")
    assert f"{rules}:1:" in said
    assert f"{rules}:2:" in said


def test_a_key_ring_that_could_sign_tokens_or_that_others_may_read_is_refused(folder):
    ring = folder / "ring.json"
    keys = ensure_ring(ring)
    said = refused("--redis", NOWHERE, *FREE, "--secrets", str(ring), state=folder / "state")
    assert "weir secret export --without signing" in said
    write_ring(ring, without_signing(keys))
    check_secrets(msgspec.structs.replace(settings(folder), secrets=ring))
    ring.chmod(0o644)
    with pytest.raises(BadSecrets, match="may be read by others"):
        check_secrets(msgspec.structs.replace(settings(folder), secrets=ring))


def settings(state: Path) -> EdgeSettings:
    return EdgeSettings.from_arguments(["--redis", NOWHERE, "--state", str(state)], {})


def test_agent_and_workers_meet_in_the_nodes_directory_if_its_path_is_short(folder):
    name = "s" * (LONGEST_SOCKET_PATH - len(str(folder)) - len("//node/agent.sock"))
    with link_socket(settings(folder / name)) as path:
        assert path == folder / name / "node" / "agent.sock"
        assert len(str(path)) == LONGEST_SOCKET_PATH
    with link_socket(settings(folder / (name + "s"))) as path:
        assert folder not in path.parents
        assert path.parent.stat().st_mode & 0o777 == 0o700
        elsewhere = path.parent
    assert not elsewhere.exists()


@pytest.fixture
def store(folder: Path):
    server = start_server(folder / "store", None, "--appendonly", "yes")
    yield server
    server.stop()


@pytest.fixture
def rules(folder: Path) -> Path:
    path = folder / "rules.weir"
    path.write_text(ONE)
    return path


def answers(edge: WeirEdge, text: str) -> Callable[[], bool]:
    return lambda: edge.get("/a") == (200, text)


@pytest.mark.xdist_group("edge")
def test_rules_are_served_once_run_json_is_there(edge, store, rules):
    running = edge("--redis", store.url, "--config", str(rules), "--node", "n1")
    run = running.wait_ready()
    assert running.get("/a") == (200, "one")
    assert (run["pid"], run["node"], run["workers"]) == (running.process.pid, "n1", 1)
    assert not any(address.endswith(":0") for address in [*run["edge"], run["status"]])
    code, body = running.get("/readyz", "status")
    assert (code, json.loads(body)["status"]) == (200, "ok")


@pytest.mark.xdist_group("edge")
def test_a_publish_and_a_changed_file_are_served(edge, store, rules):
    running = edge("--redis", store.url, "--config", str(rules))
    running.wait_ready()
    StoreSide(store.url).publish('rule b { when path == "/b"; respond 200 "b" }')
    wait_until(lambda: running.get("/b") == (200, "b"), what="the publish")
    rules.write_text(TWO)
    wait_until(answers(running, "two"), what="the changed file")
    rules.write_text("rule")
    wait_until(lambda: f"{rules.name}:1:" in running.said(), what="the error with its place")
    assert running.get("/a") == (200, "two")


@pytest.mark.xdist_group("edge")
def test_an_edge_restarted_without_store_serves_the_last_version(edge, store, rules):
    running = edge("--redis", store.url, "--config", str(rules))
    running.wait_ready()
    running.stop()
    store.kill()
    again = edge("--redis", store.url, "--config", str(rules))
    again.wait_ready()
    assert again.get("/a") == (200, "one")
    code, body = again.get("/readyz", "status")
    assert (code, json.loads(body)["reasons"]) == (200, ["store_away"])


@pytest.mark.xdist_group("edge")
def test_traffic_goes_on_while_the_agent_is_dead_and_a_new_one_follows(edge, store, rules):
    running = edge("--redis", store.url, "--config", str(rules))
    running.wait_ready()
    agent = running.children()["agent"]
    os.kill(agent, signal.SIGKILL)
    assert running.get("/a") == (200, "one")
    wait_until(lambda: running.children().get("agent", agent) != agent, what="a new agent")
    rules.write_text(TWO)
    wait_until(answers(running, "two"), what="a version by the new agent")


@pytest.mark.xdist_group("edge")
def test_no_connection_is_refused_while_gunicorn_is_restarted(edge, store, rules):
    running = edge("--redis", store.url, "--config", str(rules))
    running.wait_ready()
    gunicorn = running.children()["gunicorn"]
    os.kill(gunicorn, signal.SIGKILL)
    wait_until(lambda: not is_running(gunicorn), what="the end of gunicorn")
    assert running.get("/a") == (200, "one"), "the connection waits in the supervisor's socket"


@pytest.mark.xdist_group("edge")
def test_a_hangup_brings_new_workers_and_drops_nothing(edge, store, rules):
    running = edge("--redis", store.url, "--config", str(rules))
    running.wait_ready()
    master = running.children()["gunicorn"]
    before = workers_of(master)
    running.process.send_signal(signal.SIGHUP)

    def renewed() -> bool:
        assert running.get("/a") == (200, "one")
        return bool(now := workers_of(master)) and not now & before

    wait_until(renewed, what="new workers")
    assert running.children()["gunicorn"] == master


@pytest.mark.xdist_group("edge")
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_everything_gracefully(edge, store, rules, sign):
    running = edge("--redis", store.url, "--config", str(rules))
    running.wait_ready()
    children = running.children()
    running.process.send_signal(sign)
    assert running.process.wait(60) == 0, running.said()
    assert not running.run_file.exists()
    assert not any(is_running(pid) for pid in children.values())
    assert "Traceback" not in running.said()


@pytest.mark.xdist_group("edge")
def test_readiness_goes_off_at_once_and_an_open_request_may_finish(edge, store, folder):
    with socket.create_server(("127.0.0.1", 0)) as upstream:
        rules = folder / "slow.weir"
        target = f"http://127.0.0.1:{upstream.getsockname()[1]}"
        rules.write_text(f'rule a {{ when path == "/a"; proxy {target} }}\n')
        running = edge("--redis", store.url, "--config", str(rules))
        run = running.wait_ready()
        got: list[bytes] = []
        asker = threading.Thread(
            target=lambda: got.append(urllib.request.urlopen(run["edge"][0] + "/a").read())
        )
        asker.start()
        held, _ = upstream.accept()
        held.recv(65536)
        running.process.send_signal(signal.SIGTERM)
        wait_until(lambda: status_of(run) == (503, "draining"), what="the end of readiness")
        held.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate")
        asker.join()
        held.close()
    assert got == [b"late"]
    assert running.process.wait(60) == 0


def status_of(run: dict[str, Any]) -> tuple[int, str]:
    """Code and word of ``/readyz``."""
    try:
        urllib.request.urlopen(run["status"] + "/readyz", timeout=20)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())["status"]
    return 200, "ready"


def workers_of(master: int) -> set[int]:
    """Pids of gunicorn's workers."""
    children = Path(f"/proc/{master}/task/{master}/children")
    return {int(pid) for pid in children.read_text().split()}
