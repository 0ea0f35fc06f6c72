"""Posts to a real receiver."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from edge.tracing.exporter import Exporter
from tests.support.collector import Collector
from tests.support.ports import free_port


@pytest.fixture
def collector() -> Iterator[Collector]:
    running = Collector()
    yield running
    running.stop()


def exporter(url: str) -> Exporter:
    return Exporter(url, lambda _taken, _wall: b"", {"X-Key": "k"})


def test_it_posts_protobuf_to_the_path_of_the_protocol(collector: Collector) -> None:
    exporter(collector.url).send([], 0.0)
    exporter(collector.url + "/own").send([], 0.0)
    (path, headers, _), (own, _, _) = collector.requests
    assert (path, own) == ("/v1/traces", "/own")
    assert (headers["content-type"], headers["x-key"]) == ("application/x-protobuf", "k")


def test_an_answer_that_is_no_success_is_said(collector: Collector) -> None:
    collector.answers = [503]
    with pytest.raises(OSError, match="the collector answered 503"):
        exporter(collector.url).send([], 0.0)


def test_a_kept_connection_that_was_closed_is_replaced() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        import threading

        accepted: list[socket.socket] = []

        def serve() -> None:
            for _ in range(2):
                client, _ = listener.accept()
                accepted.append(client)
                client.recv(65536)
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                client.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        sender = exporter(f"http://127.0.0.1:{listener.getsockname()[1]}")
        sender.send([], 0.0)
        sender.send([], 0.0)
        thread.join(timeout=20)
        assert len(accepted) == 2


def test_nobody_there_is_an_oserror() -> None:
    with pytest.raises(OSError):
        exporter(f"http://127.0.0.1:{free_port()}").send([], 0.0)
