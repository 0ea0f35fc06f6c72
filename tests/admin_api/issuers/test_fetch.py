"""Fetching from a real server on loopback: what is taken, and every bound."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from admin_api.issuers import fetch
from admin_api.issuers.fetch import MAX_BYTES, NotFetched, fetch_json
from tests.support.scripted_api import Says, ScriptedApi


def soon() -> float:
    return time.monotonic() + 5


@contextmanager
def speaking(say: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that takes one connection and does as it likes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                try:
                    say(connection)
                except OSError:
                    return

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/x"


def refused(url: str, until_s: float | None = None) -> str:
    with pytest.raises(NotFetched) as error:
        fetch_json(url, soon() if until_s is None else until_s)
    return str(error.value)


def test_a_document_is_asked_for_plainly() -> None:
    with ScriptedApi(Says(200, b'{"issuer": "x"}')) as api:
        assert fetch_json(f"{api.url}/a/b?c=d", soon()) == {"issuer": "x"}
        (asked,) = api.asked
    assert (asked.method, asked.target) == ("GET", "/a/b?c=d")
    assert asked.headers.keys() == {"host", "accept", "user-agent", "connection", "accept-encoding"}


def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with ScriptedApi(Says()) as api:
        assert fetch_json(f"{api.url}/", soon()) == {}


@pytest.mark.parametrize("status", [301, 302, 307, 404, 500])
def test_no_redirect_is_followed_and_only_200_counts(status: int) -> None:
    with ScriptedApi(Says()) as other, ScriptedApi(Says(status, headers=(("Location", other.url),))) as api:
        assert f"answers {status}" in refused(f"{api.url}/")
        assert other.asked == []


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"7", b"\xff", b"[" * 100_000])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with ScriptedApi(Says(200, body)) as api:
        assert "no JSON" in refused(f"{api.url}/")


def test_a_long_answer_is_given_up_at_the_bound() -> None:
    fits = b'{"a": "' + b"x" * (MAX_BYTES - 9) + b'"}'
    assert len(fits) == MAX_BYTES
    with ScriptedApi(Says(200, fits), Says(200, fits + b" ")) as api:
        fetch_json(f"{api.url}/", soon())
        assert f"more than {MAX_BYTES} bytes" in refused(f"{api.url}/")


def test_an_answer_that_never_comes_and_one_that_never_ends_are_given_up() -> None:
    done = threading.Event()

    def nothing(connection: socket.socket) -> None:
        done.wait(10)

    def drops(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not done.wait(0.01):
            connection.sendall(b" ")

    for say in (nothing, drops):
        done.clear()
        with speaking(say) as url:
            assert "cannot be fetched" in refused(url, time.monotonic() + 0.3)
            done.set()


def test_what_is_no_http_is_said() -> None:
    with speaking(lambda connection: connection.sendall(b"SSH-2.0-x\r\n")) as url:
        assert "cannot be fetched" in refused(url)


def test_a_certificate_of_nobody_is_not_trusted() -> None:
    with ScriptedApi(Says(), tls=True) as api:
        assert "certificate" in refused(f"{api.url}/")


def test_an_address_of_a_cloud_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 443))]
    monkeypatch.setattr(fetch.socket, "getaddrinfo", lambda *_, **__: found)
    assert "clouds" in refused("https://login.example.com/")


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "file:///etc/passwd", "https://a@b/", "https://b/#x"])
def test_other_urls_are_not_fetched(url: str) -> None:
    assert url in refused(url)
