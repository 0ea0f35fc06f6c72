"""One bounded GET, against real servers."""

from __future__ import annotations

import gzip
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from edge.agent.issuers import fetch
from edge.agent.issuers.documents import MAX_BYTES
from edge.agent.issuers.fetch import Fetch, FetchError, NotThere
from tests.support.issuer_server import Answer, IssuerServer, issuer_server
from tests.support.tls_pair import client_context, server_context


@pytest.fixture(scope="module")
def server() -> Iterator[IssuerServer]:
    with issuer_server() as running:
        yield running


def test_a_document_is_fetched(server: IssuerServer) -> None:
    server.answers["/a?b=c"] = Answer(b"{}")
    assert Fetch()(f"{server.base}/a?b=c") == b"{}"


def test_a_document_may_be_as_large_as_the_bound(server: IssuerServer) -> None:
    server.answers["/most"] = Answer(b"x" * MAX_BYTES)
    assert len(Fetch()(f"{server.base}/most")) == MAX_BYTES
    server.answers["/more"] = Answer(b"x" * (MAX_BYTES + 1))
    with pytest.raises(FetchError, match="larger than 256 KiB"):
        Fetch()(f"{server.base}/more")


def test_a_body_without_a_length_has_the_same_bound(server: IssuerServer) -> None:
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    endless = Answer(chunk * 6, headers={"Content-Length": None, "Transfer-Encoding": "chunked"})
    server.answers["/endless"] = endless
    with pytest.raises(FetchError, match="larger than 256 KiB"):
        Fetch()(f"{server.base}/endless")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(server: IssuerServer, status: int) -> None:
    server.answers["/there"] = Answer(b"{}")
    server.answers["/moved"] = Answer(b"", status, {"Location": f"{server.base}/there"})
    server.asked.clear()
    with pytest.raises(FetchError, match="redirects are not followed"):
        Fetch()(f"{server.base}/moved")
    assert server.asked == ["/moved"]


@pytest.mark.parametrize("status", [204, 206, 400, 401, 500, 503])
def test_other_answers_are_no_documents(server: IssuerServer, status: int) -> None:
    server.answers["/odd"] = Answer(b"", status)
    with pytest.raises(FetchError, match=f"answers {status}"):
        Fetch()(f"{server.base}/odd")


def test_a_document_that_is_not_there_is_told_apart(server: IssuerServer) -> None:
    with pytest.raises(NotThere):
        Fetch()(f"{server.base}/nowhere")


def test_an_address_of_a_cloud_is_not_asked(server: IssuerServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.asked.clear()
    monkeypatch.setattr(fetch, "is_of_the_cloud", lambda address: address == "127.0.0.1")
    with pytest.raises(FetchError, match="is not asked"):
        Fetch()(f"{server.base}/a")
    assert server.asked == []


def test_compression_is_not_undone(server: IssuerServer) -> None:
    server.answers["/zip"] = Answer(gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"})
    with pytest.raises(FetchError, match="compressed"):
        Fetch()(f"{server.base}/zip")


def test_a_document_that_was_cut_off_is_none(server: IssuerServer) -> None:
    server.answers["/cut"] = Answer(b"{}", headers={"Content-Length": "9", "Connection": "close"})
    with pytest.raises(FetchError):
        Fetch(time_s=0.5)(f"{server.base}/cut")


def test_a_server_that_drips_is_given_up(server: IssuerServer) -> None:
    server.answers["/drip"] = Answer(b"x" * 1000, drip_s=0.02)
    began = time.monotonic()
    with pytest.raises(FetchError, match=r"in time|timed out|within"):
        Fetch(time_s=0.3)(f"{server.base}/drip")
    assert time.monotonic() - began < 15


def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(FetchError):
            Fetch(time_s=0.2)(f"http://127.0.0.1:{silent.getsockname()[1]}/")


def test_nobody_there_is_an_error_in_words() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(FetchError, match="could not be fetched"):
            Fetch()(f"http://127.0.0.1:{nobody.getsockname()[1]}/")


def test_certificates_are_verified() -> None:
    with issuer_server(server_context()) as secure:
        secure.answers["/a"] = Answer(b"{}")
        assert Fetch(client_context())(f"{secure.base}/a") == b"{}"
        with pytest.raises(FetchError, match="certificate that is not trusted"):
            Fetch()(f"{secure.base}/a")


def test_certificates_are_those_that_the_machine_trusts_and_of_that_name() -> None:
    fetching = Fetch(time_s=0.2)
    with pytest.raises(FetchError):
        fetching("https://127.0.0.1:1/")
    context = fetching._context
    assert context is not None
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)


def test_a_head_that_never_ends_is_given_up_in_the_agent() -> None:
    """Each line comes in time, so that only the whole can be too late; the agent's process is patched by gevent."""
    program = (
        "from weir import monkey; monkey.patch_all()\n"
        "import sys, time\n"
        "from edge.agent.issuers.fetch import Fetch, FetchError\n"
        "try:\n"
        "    Fetch(time_s=0.5)(sys.argv[1])\n"
        "except FetchError as error:\n"
        "    print(error)\n"
    )
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(30)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with subprocess.Popen(
            [sys.executable, "-c", program, url], stdout=subprocess.PIPE, text=True
        ) as agent:
            client, _ = listener.accept()
            client.sendall(b"HTTP/1.1 200 OK\r\n")
            with client, suppress(OSError):
                for number in range(1500):
                    client.sendall(b"X-%d: x\r\n" % (number % 50))
                    time.sleep(0.02)
            said, _ = agent.communicate(timeout=30)
    assert said.strip() == "did not answer within 0.5 s"
