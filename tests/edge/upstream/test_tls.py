"""TLS to a target: verified, streamed both ways, and cut off where it is cut off."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.deadlines import Sweeper
from edge.transport import ConnectionLost, Transport
from edge.upstream.connect import connect
from edge.upstream.errors import Cause, UpstreamError
from tests.support.parts import need

Serve = Callable[[Callable[[ssl.SSLSocket], None]], int]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Of ``a.test``, its own authority; with its key."""
    folder = tmp_path_factory.mktemp("tls")
    name, key = folder / "a.pem", folder / "a.key"
    subject = ["-subj", "/CN=a.test", "-addext", "subjectAltName=DNS:a.test", "-days", "2"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command = [need("openssl"), "req", "-x509", *kind, "-keyout", key, "-out", name, *subject]
    subprocess.run(command, check=True, capture_output=True)
    return name, key


@pytest.fixture
def serve(certificate: tuple[Path, Path]) -> Iterator[Serve]:
    """Listens, and lets ``script`` talk on the first connection; gives the port."""
    listeners: list[socket.socket] = []

    def start(script: Callable[[ssl.SSLSocket], None]) -> int:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def run() -> None:
            try:
                plain, _ = listener.accept()
                plain.settimeout(20)
                with context.wrap_socket(plain, server_side=True) as secure:
                    script(secure)
            except OSError:
                return

        threading.Thread(target=run, daemon=True).start()
        return listener.getsockname()[1]

    yield start
    for listener in listeners:
        listener.close()


def opened(port: int, trusted: Path | None, name: str = "a.test") -> Transport:
    sweeper = Sweeper(every_s=0.01)
    sweeper.start()
    context = ssl.create_default_context(cafile=str(trusted) if trusted else None)
    return connect("127.0.0.1", port, 10.0, sweeper, (context, name))


def test_bytes_go_both_ways(serve: Serve, certificate: tuple[Path, Path]) -> None:
    size = 3_000_000

    def echo(secure: ssl.SSLSocket) -> None:
        got = b""
        while len(got) < size:
            got += secure.recv(65536)
        secure.sendall(got[::-1])
        secure.unwrap()

    transport = opened(serve(echo), certificate[0])
    data = bytes(range(250)) * (size // 250)
    transport.send(data)
    back = b""
    while piece := transport.recv(65536):
        back += piece
    assert back == data[::-1]
    transport.close()


def test_a_certificate_that_nobody_vouches_for_is_refused(serve: Serve) -> None:
    with pytest.raises(UpstreamError, match="not trusted") as caught:
        opened(serve(lambda secure: None), None)
    assert caught.value.cause is Cause.UNREACHABLE


def test_a_certificate_of_another_name_is_refused(serve: Serve, certificate: tuple[Path, Path]) -> None:
    with pytest.raises(UpstreamError, match="not trusted"):
        opened(serve(lambda secure: None), certificate[0], "b.test")


def test_an_end_without_tls_s_own_end_is_a_loss(serve: Serve, certificate: tuple[Path, Path]) -> None:
    def cut(secure: ssl.SSLSocket) -> None:
        secure.sendall(b"half")
        socket.socket(fileno=secure.detach()).close()

    transport = opened(serve(cut), certificate[0])
    assert transport.recv(100) == b"half"
    with pytest.raises(ConnectionLost):
        transport.recv(100)
    transport.close()
