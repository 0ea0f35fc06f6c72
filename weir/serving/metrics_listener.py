"""A second address of a web process, for Prometheus and for probes: ``/metrics``, ``/healthz``, ``/readyz``, no more.

The same workers listen there. At the first address there are no metrics, at this one there is nothing that asks who
calls, so it is for a network where only the monitoring reaches it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from prometheus_client.exposition import CONTENT_TYPE_LATEST

from weir.processes.lock import StateUnusable
from weir.processes.ports import Address, address_of, bind
from weir.serving.metrics_files import empty_folder, exposition, worker_ended

PATH = "/metrics"
PROBES = ("/healthz", "/readyz")
TEXT = "text/plain; charset=utf-8"


class Metrics:
    """Of one process: counted in ``folder`` and told at ``listener``. Without them nobody asks and nothing is kept."""

    def __init__(self, listener: socket.socket | None = None, folder: Path | None = None) -> None:
        self._address = address_of(listener) if listener else None
        self._folder = folder
        self.descriptors = (listener.detach(),) if listener else ()
        """For gunicorn, which closes them."""

    def added_to(
        self, application: WSGIApplication, more: Callable[[], bytes] = lambda: b""
    ) -> WSGIApplication:
        """``application``, and metrics at their own address; ``more`` is told with them, in their format."""
        if self._address is None or self._folder is None:
            return application
        folder = self._folder
        return AtAddress(application, self._address, lambda: exposition(folder, more()))

    def worker_ended(self, pid: int) -> None:
        if self._folder is not None:
            worker_ended(self._folder, pid)

    def facts(self) -> dict[str, str]:
        """For the run file."""
        return {"metrics": f"http://{self._address}{PATH}"} if self._address else {}


def open_metrics(address: Address | None, folder: Path | None) -> Metrics:
    """Empties the folder, whose state directory is held. Raises CannotListen and StateUnusable: one sentence."""
    if address is None or folder is None:
        return Metrics()
    try:
        empty_folder(folder)
    except OSError as error:
        raise StateUnusable(folder, error) from error
    return Metrics(bind(address, what="the listener for metrics"), folder)


class AtAddress:
    """``application`` everywhere but at ``address``; ``text`` is asked at every scrape there."""

    def __init__(self, application: WSGIApplication, address: Address, text: Callable[[], bytes]) -> None:
        self._application = application
        self._listener = (address.host, str(address.port))
        self._text = text

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # gunicorn tells the listener's own address there, whatever the client writes into Host.
        if (environ.get("SERVER_NAME"), environ.get("SERVER_PORT")) != self._listener:
            return self._application(environ, start_response)
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _answer(start_response, 405, TEXT, b"only GET and HEAD\n", ("Allow", "GET, HEAD"))
        if environ["PATH_INFO"] in PROBES:
            return self._application(environ, start_response)
        if environ["PATH_INFO"] == PATH:
            return _answer(start_response, 200, CONTENT_TYPE_LATEST, self._text())
        return _answer(start_response, 404, TEXT, b"try /healthz, /readyz or /metrics\n")


def _answer(
    start_response: StartResponse, status: int, media: str, body: bytes, *fields: tuple[str, str]
) -> list[bytes]:
    start_response(
        f"{status} {HTTPStatus(status).phrase}",
        [
            ("Content-Type", media),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            *fields,
        ],
    )
    return [body]
