"""gunicorn around the Flask application: pre-fork, signals and the shared listener are its part.

The process must be monkey patched before this module is imported.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import Any
from wsgiref.types import WSGIApplication

from gunicorn.app.base import BaseApplication

from weir.processes.parent_death import die_with_parent

MAX_CONNECTIONS = 1000
"""Of one worker."""
GRACEFUL_S = 8
"""After SIGTERM, until requests that still run are ended."""
HEAD_S = 15
"""For a request head, and between two requests of one connection."""
HEARTBEAT_S = 120
"""Checking a whole configuration may keep a worker of the admin API busy for some seconds."""


class ServedApplication(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """``make`` builds the application in each worker; its event is set when the worker begins to stop. ``process`` is
    its name in the list of processes: ``admin``, ``auth``. ``on_worker_end`` is told the id of a process that ended."""

    def __init__(
        self,
        make: Callable[[threading.Event], WSGIApplication],
        *,
        descriptors: Sequence[int],
        workers: int,
        process: str,
        on_ready: Callable[[], None],
        on_worker_end: Callable[[int], None] = lambda _pid: None,
    ) -> None:
        self._make = make
        self._descriptors = descriptors
        self._workers = workers
        self._process = process
        self._on_ready = on_ready
        self._on_worker_end = on_worker_end
        self.stopping: threading.Event | None = None
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings().items():
            self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        """In the worker."""
        self.stopping = threading.Event()
        return self._make(self.stopping)

    def _settings(self) -> dict[str, Any]:
        master = os.getpid()
        return {
            "bind": [f"fd://{descriptor}" for descriptor in self._descriptors],
            "workers": self._workers,
            "worker_class": "weir.serving.worker.ServingWorker",
            "worker_connections": MAX_CONNECTIONS,
            "timeout": HEARTBEAT_S,
            "graceful_timeout": GRACEFUL_S,
            "keepalive": HEAD_S,
            "limit_request_line": 8190,
            "limit_request_fields": 64,
            "forwarded_allow_ips": "",
            "loglevel": "error",
            "control_socket_disable": True,
            "proc_name": f"weir-{self._process}",
            "post_fork": lambda _server, _worker: die_with_parent(master),
            "child_exit": lambda _server, worker: self._on_worker_end(worker.pid),
            "when_ready": lambda _server: self._on_ready(),
        }
