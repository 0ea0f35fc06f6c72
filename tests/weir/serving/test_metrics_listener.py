"""The second address of a web process: metrics and probes there, and metrics nowhere else."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from weir.processes.lock import StateUnusable
from weir.processes.ports import Address, CannotListen
from weir.serving.metrics_listener import AtAddress, open_metrics

HERE = Address("0.0.0.0", 8005)


def asked(
    method: str, path: str, server: tuple[str, str] = (HERE.host, str(HERE.port)), host: str = "x"
) -> Any:
    """Status and body."""
    statuses: list[str] = []

    def application(environ: dict[str, Any], start: Any) -> list[bytes]:
        start("200 OK", [])
        return [b"the application"]

    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SERVER_NAME": server[0],
        "SERVER_PORT": server[1],
        "HTTP_HOST": host,
    }
    served = AtAddress(application, HERE, lambda: b"weir_x 1\n")  # type: ignore[arg-type]
    body = b"".join(served(environ, lambda status, _fields, _info=None: statuses.append(status)))  # type: ignore[arg-type,misc]
    return int(statuses[0].split()[0]), body


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("GET", "/metrics", (200, b"weir_x 1\n")),
        ("GET", "/healthz", (200, b"the application")),
        ("GET", "/readyz", (200, b"the application")),
        ("GET", "/", (404, b"try /healthz, /readyz or /metrics\n")),
        ("GET", "/api/v1/config", (404, b"try /healthz, /readyz or /metrics\n")),
        ("GET", "/metrics/", (404, b"try /healthz, /readyz or /metrics\n")),
        ("POST", "/metrics", (405, b"only GET and HEAD\n")),
        ("DELETE", "/readyz", (405, b"only GET and HEAD\n")),
    ],
)
def test_metrics_and_probes_are_answered_there_and_nothing_else(method: str, path: str, answer: Any) -> None:
    assert asked(method, path) == answer


@pytest.mark.parametrize("server", [("127.0.0.1", "8001"), ("127.0.0.1", "8005"), ("0.0.0.0", "8001")])
def test_everywhere_else_the_application_answers_whatever_a_client_calls_it(server: tuple[str, str]) -> None:
    assert asked("GET", "/metrics", server, host=str(HERE)) == (200, b"the application")


def test_without_an_address_nothing_listens_and_nothing_is_kept(tmp_path: Path) -> None:
    metrics = open_metrics(None, None)
    assert (metrics.descriptors, metrics.facts()) == ((), {})
    metrics.worker_ended(1)
    assert metrics.added_to(print) is print  # type: ignore[comparison-overlap,arg-type]


def test_an_address_that_is_taken_and_a_folder_that_cannot_be_are_sentences(tmp_path: Path) -> None:
    said = "the listener for metrics cannot listen on"
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(CannotListen, match=said):
        open_metrics(Address("127.0.0.1", taken.getsockname()[1]), tmp_path / "metrics")
    (tmp_path / "file").touch()
    with pytest.raises(StateUnusable, match="cannot use the state directory"):
        open_metrics(Address("127.0.0.1", 0), tmp_path / "file" / "metrics")
