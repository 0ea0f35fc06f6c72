from __future__ import annotations

import contextlib
import os
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.servers import is_running, redis_binary, server_folder
from weir.models.document import Document, Rule
from weir.models.rule_clauses import Respond
from weir.store.binary import ServerBinary, examine, find_server
from weir.store.connect import connect
from weir.store.embedded import MAX_SOCKET_PATH, EmbeddedStore, end_server, live_server, prepare
from weir.store.errors import StoreAway, StoreError
from weir.store.keys import Keys
from weir.store.publish import Draft, Published, Publisher
from weir.store.versions import Versions

KEYS = Keys("test")


@pytest.fixture
def binary() -> ServerBinary:
    return find_server()


@pytest.fixture
def state() -> Iterator[Path]:
    with server_folder() as folder:
        yield folder


@contextlib.contextmanager
def running(store: EmbeddedStore) -> Iterator[subprocess.Popen[bytes]]:
    """What a supervisor does, without the supervision."""
    process = subprocess.Popen(store.argv, env=store.environment)
    try:
        store.wait_ready(30.0, lambda: process.poll() is None)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
        process.wait()


def document(status: int) -> Document:
    return Document(definitions=(Rule(name="a", clauses=(Respond(status=status),)),))


def publish(url: str, base: int) -> Published:
    client = connect(url, timeout_s=20.0)
    outcome = Publisher(client, KEYS, durable_ms=15_000).publish(
        Draft(owner="file", base=base, author="alice"), document(200 + base)
    )
    client.close()
    assert isinstance(outcome, Published)
    return outcome


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_serves_on_a_private_socket_and_on_no_port(state: Path, binary: ServerBinary) -> None:
    store = prepare(state, binary)
    with running(store):
        folder = state / "store"
        assert store.url == f"unix://{folder}/store.sock"
        assert (mode(folder), mode(folder / "store.sock")) == (0o700, 0o700)
        assert (mode(folder / "server.conf"), mode(folder / "url")) == (0o600, 0o600)
        assert stat.S_ISSOCK((folder / "store.sock").stat().st_mode)
        client = connect(store.url)
        with client.session("") as session:
            assert session.call("INFO", "server")["tcp_port"] == 0
        client.close()


def test_redis_7_0_serves_as_well(state: Path) -> None:
    with running(prepare(state, examine(redis_binary()))):
        assert publish(f"unix://{state}/store/store.sock", 0).number == 1
        assert end_server(state) is True


def test_an_acknowledged_publish_survives_kill_9_of_the_server(state: Path, binary: ServerBinary) -> None:
    for base in range(3):
        with running(prepare(state, binary)) as process:
            client = connect(prepare(state, binary).url)
            if base:
                assert Versions(client, KEYS).document("file") == document(200 + base - 1)
            client.close()
            assert publish(f"unix://{state}/store/store.sock", base).durable is True
            process.kill()


def test_the_state_may_have_an_awkward_name(binary: ServerBinary) -> None:
    with server_folder() as folder:
        store = prepare(folder / 'a "b" \\ %41 ?#ü [x]*', binary)
        with running(store):
            assert publish(store.url, 0).number == 1


def test_a_path_that_is_too_long_for_a_socket_falls_back_to_loopback_with_a_password(
    state: Path, binary: ServerBinary
) -> None:
    deep = state / ("d" * (MAX_SOCKET_PATH - len(str(state)) - len("/store/store.sock") - 1 + 1))
    assert len(str(deep / "store" / "store.sock")) == MAX_SOCKET_PATH + 1
    store = prepare(deep, binary)
    assert store.url.startswith("redis://:")
    password, _, place = store.url.removeprefix("redis://:").partition("@")
    assert len(password) == 64
    assert all(password not in argument for argument in store.argv)
    assert mode(deep / "store" / "server.conf") == mode(deep / "store" / "url") == 0o600
    with running(store):
        assert publish(store.url, 0).durable is True
        without = connect(f"redis://{place}")
        with pytest.raises(StoreError, match="password"):
            without.server()
        without.close()
        server = live_server(deep)
        assert server is not None
        assert end_server(deep) is True


def test_the_longest_path_that_a_socket_can_have_is_used(state: Path, binary: ServerBinary) -> None:
    fitting = state / ("d" * (MAX_SOCKET_PATH - len(str(state)) - len("/store/store.sock") - 1))
    assert len(str(fitting / "store" / "store.sock")) == MAX_SOCKET_PATH
    store = prepare(fitting, binary)
    assert store.url.startswith("unix://")
    with running(store):
        assert publish(store.url, 0).number == 1


def test_a_server_that_outlived_its_supervisor_is_found_and_ended_with_all_it_knows(
    state: Path, binary: ServerBinary
) -> None:
    with running(prepare(state, binary)) as process:
        publish(f"unix://{state}/store/store.sock", 0)
        found = live_server(state)
        assert found is not None
        assert found.pid == process.pid
        assert end_server(state) is True
        process.wait(30)
        assert not is_running(process.pid)
    assert live_server(state) is None
    assert end_server(state) is False
    with running(prepare(state, binary)):
        assert publish(f"unix://{state}/store/store.sock", 1).number == 2


def test_a_state_that_never_had_a_server_has_none(state: Path) -> None:
    assert live_server(state) is None
    assert end_server(state / "absent") is False


def test_a_server_killed_without_cleaning_up_is_not_taken_for_a_live_one(
    state: Path, binary: ServerBinary
) -> None:
    with running(prepare(state, binary)) as process:
        process.kill()
        process.wait()
    assert (state / "store" / "store.sock").exists()
    assert live_server(state) is None


def test_a_server_that_runs_but_does_not_answer_is_said_to_and_not_doubled(
    state: Path, binary: ServerBinary
) -> None:
    with running(prepare(state, binary)) as process:
        process.send_signal(signal.SIGSTOP)
        with pytest.raises(StoreAway, match=f"process {process.pid}, runs but does not answer"):
            end_server(state, 0.5)
        assert process.poll() is None


@pytest.mark.parametrize("says", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"-ERR no\r\n" * 9, b""])
def test_another_program_on_the_old_port_is_not_our_server(state: Path, says: bytes) -> None:
    connections = []
    (state / "store").mkdir()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(4)
        (state / "store" / "url").write_text(f"redis://:pw@127.0.0.1:{listener.getsockname()[1]}/0")
        answering = os.fork()
        if answering == 0:
            while True:
                connection, _ = listener.accept()
                if says:
                    connection.sendall(says)
                connections.append(connection)
        try:
            assert live_server(state) is None
        finally:
            os.kill(answering, signal.SIGKILL)
            os.waitpid(answering, 0)


def test_waiting_ends_at_the_deadline_or_when_the_server_has_ended(state: Path, binary: ServerBinary) -> None:
    store = prepare(state, binary)
    with pytest.raises(StoreAway, match=r"not ready within 0\.05 s"):
        store.wait_ready(0.05)
    with pytest.raises(StoreAway, match=r"ended before it was ready; .*server\.log says why"):
        store.wait_ready(30.0, lambda: False)


def test_a_state_directory_that_cannot_be_used_is_one_sentence(state: Path, binary: ServerBinary) -> None:
    (state / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot use .*Not a directory"):
        prepare(state / "file", binary)
    with pytest.raises(StoreError, match="line break"):
        prepare(state / "a\nb", binary)
