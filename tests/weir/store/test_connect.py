from __future__ import annotations

import subprocess
import sys
import time

import pytest

from tests.support.parts import need
from tests.support.ports import free_port
from tests.support.servers import RunningServer, redis_binary, server_folder, silent_listener, start_server
from weir.store.connect import Client, connect, supported
from weir.store.errors import StoreAway, StoreError


def test_the_client_says_who_answers(client: Client, server: RunningServer) -> None:
    found = client.server()
    assert found.name in {"valkey", "redis"}
    assert found.version.count(".") == 2


def test_nothing_connects_before_the_first_command() -> None:
    for url in (
        f"redis://127.0.0.1:{free_port()}",
        "unix:///nowhere/s",
        f"redis+sentinel://127.0.0.1:{free_port()}/gate",
        f"redis+cluster://127.0.0.1:{free_port()}",
    ):
        client = connect(url)
        with pytest.raises(StoreAway) as away:
            client.call("GET", "key")
        assert not away.value.sent
        client.close()


def test_a_store_that_comes_later_is_found() -> None:
    with server_folder() as folder:
        client = connect(f"unix://{folder}/s")
        with pytest.raises(StoreAway):
            client.server()
        server = start_server(folder)
        try:
            assert client.server().name == "valkey"
        finally:
            client.close()
            server.stop()


@pytest.mark.parametrize("frozen_first", [True, False])
def test_a_frozen_server_is_away_within_the_timeout(frozen_first: bool) -> None:
    with server_folder() as folder:
        server = start_server(folder)
        client = connect(server.url, timeout_s=0.3, connect_timeout_s=0.3)
        try:
            if not frozen_first:
                client.call("SET", "key", "1")
            server.freeze()
            started_s = time.monotonic()
            with pytest.raises(StoreAway):
                client.call("GET", "key")
            # A retry or a default timeout of redis-py would take seconds more.
            assert time.monotonic() - started_s < 4.5
            server.thaw()
            assert client.call("ECHO", "back") == b"back"
        finally:
            client.close()
            server.stop()


def test_a_listener_that_never_answers_is_away_within_the_timeout() -> None:
    listener, port = silent_listener()
    with listener:
        client = connect(f"redis://127.0.0.1:{port}", timeout_s=0.2, connect_timeout_s=0.2)
        with pytest.raises(StoreAway):
            client.call("GET", "key")
        client.close()


def test_a_server_that_was_restarted_is_used_again() -> None:
    with server_folder() as folder:
        server = start_server(folder)
        client = connect(server.url)
        client.call("SET", "key", "1")
        server.kill()
        with pytest.raises(StoreAway):
            client.call("GET", "key")
        server = start_server(folder)
        assert client.call("GET", "key") is None
        client.close()
        server.stop()


def test_a_wrong_password_is_no_absence() -> None:
    with server_folder() as folder:
        server = start_server(folder, None, "--requirepass", "right")
        refused = connect(server.url.replace("unix://", "unix://:wrong@"))
        accepted = connect(server.url.replace("unix://", "unix://:right@"))
        try:
            with pytest.raises(StoreError, match="refuses the user or password") as error:
                refused.server()
            assert not isinstance(error.value, StoreAway)
            assert "wrong" not in str(error.value)
            assert accepted.server().name == "valkey"
        finally:
            refused.close()
            accepted.close()
            server.stop()


def test_tls_is_checked_against_the_authority_that_the_url_names() -> None:
    openssl, binary, port = need("openssl"), redis_binary(), free_port()
    with server_folder() as folder:
        made = f"-subj /CN=store -addext subjectAltName=IP:127.0.0.1 -keyout {folder}/key.pem -out {folder}/cert.pem"
        kind = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        subprocess.run([openssl, *kind.split(), *made.split()], check=True, capture_output=True)
        files = ("--tls-cert-file", f"{folder}/cert.pem", "--tls-key-file", f"{folder}/key.pem")
        server = start_server(
            folder, binary, "--tls-port", str(port), "--bind", "127.0.0.1", "--tls-auth-clients", "no", *files
        )
        trusting = connect(f"rediss://127.0.0.1:{port}?ssl_ca_certs={folder}/cert.pem")
        distrusting = connect(f"rediss://127.0.0.1:{port}")
        try:
            assert trusting.server().name in {"redis", "valkey"}
            with pytest.raises(StoreAway, match="certificate verify failed"):
                distrusting.server()
        finally:
            trusting.close()
            distrusting.close()
            server.stop()


def test_a_command_that_the_server_refuses_is_no_absence(client: Client) -> None:
    client.call("SET", "key", "text")
    with pytest.raises(StoreError, match="WRONGTYPE") as error:
        client.call("HGET", "key", "field")
    assert not isinstance(error.value, StoreAway)


def test_many_strings_are_read_at_once_in_order(client: Client) -> None:
    for index in range(0, 250, 2):
        client.call("SET", f"k{index}", str(index))
    found = client.get_many(f"k{index}" for index in range(250))
    assert found == [None if index % 2 else str(index).encode() for index in range(250)]


@pytest.mark.parametrize(
    ("info", "version"),
    [
        ({"redis_version": "7.0.0"}, ("redis", "7.0.0")),
        ({"redis_version": "10.1"}, ("redis", "10.1")),
        ({"redis_version": "7.2.4", "server_name": "valkey", "valkey_version": "9.1.2"}, ("valkey", "9.1.2")),
    ],
)
def test_redis_from_7_0_and_valkey_are_supported(info: dict[str, str], version: tuple[str, str]) -> None:
    assert supported(info, "redis://store") == version


@pytest.mark.parametrize(
    "info", [{"redis_version": "6.2.14"}, {"redis_version": "5.0"}, {"redis_version": "x"}, {}]
)
def test_an_older_or_nameless_server_is_refused(info: dict[str, str]) -> None:
    with pytest.raises(StoreError, match=r"Redis"):
        supported(info, "redis://store")


def test_it_works_under_gevent_monkey_patching(server: RunningServer) -> None:
    program = """
import sys
from weir import monkey; monkey.patch_all()
import gevent
from weir.store.connect import connect
client = connect(sys.argv[1])
done = [gevent.spawn(client.call, "INCR", "count") for _ in range(20)]
gevent.joinall(done, raise_error=True)
assert client.call("GET", "count") == b"20", client.call("GET", "count")
"""
    subprocess.run(
        [sys.executable, "-W", "error::gevent.monkey.MonkeyPatchWarning", "-c", program, server.url],
        check=True,
    )


def test_a_session_has_one_connection_of_its_own_and_hands_it_back(client: Client) -> None:
    """All sessions before and after use the same two."""

    def names() -> set[int]:
        with client.session("a") as one, client.session("a") as other:
            first, second = one.call("CLIENT", "ID"), other.call("CLIENT", "ID")
            assert (one.call("CLIENT", "ID"), other.call("CLIENT", "ID")) == (first, second)
            return {first, second}

    before = names()
    assert len(before) == 2
    for _ in range(10):
        client.call("GET", "a")
    assert names() == before


def test_a_session_reads_answers_as_every_other_command_does(client: Client) -> None:
    client.call("HSET", "named", "a", "1")
    assert client.call("HGETALL", "named") == {b"a": b"1"}
    assert client.call("INFO", "server")["redis_version"]
