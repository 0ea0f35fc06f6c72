"""gunicorn around our worker: pre-fork, signals, graceful reload and one shared listener are its part.

WSGI is not on the proxy path, and gunicorn's own request settings do not apply: the worker speaks HTTP itself. The
process must be monkey patched before this module is imported.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import Any

import msgspec
from gevent import monkey
from gunicorn.app.base import BaseApplication

from edge.prefork.arbiter import EdgeArbiter
from edge.prefork.worker_states import WorkerStates
from weir.processes.parent_death import die_with_parent

LAST_WORDS_S = 3
"""Seconds beyond the drain timeout after which gunicorn kills: to notice the signal, end exchanges, send counts."""


class GunicornOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the data plane is told; decided by the composition root."""

    binds: tuple[str, ...]
    """``127.0.0.1:8000``, ``unix:/path`` or ``fd://7``, a listening socket that was handed down."""
    workers: int
    versions: Path
    """Directory of ``VersionFiles``."""
    agent_socket: Path | None
    """None: without an agent only what is on disk at the start is served."""
    proxy_protocol: Sequence[str] = ()
    """``off``, ``v1`` or ``v2`` for each of ``binds``; empty: off for all."""
    access_log: str = "-"
    """``-`` (standard output), ``off`` or a file."""
    access_log_format: str = "json"
    """``json`` or ``combined``."""
    node: str = ""
    max_nodes: int = 1
    """Nodes that there may be in the cluster: how many share a limit while nobody says how many there are."""
    otlp_endpoint: str = ""
    """Empty: no spans are recorded."""
    otlp_headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    trace_ratio: float = 1.0
    drain_timeout_s: float = 8.0
    """After SIGTERM, until what is still open is ended."""
    reload_timeout_s: float = 3600.0
    """The same for a worker that was replaced."""
    keep_alive_s: float = 75.0
    head_timeout_s: float = 10.0
    body_timeout_s: float = 10.0
    """Silence in a request body."""
    write_timeout_s: float = 10.0
    """How long a client may take nothing of an answer."""
    max_target: int = 8 * 1024
    """Bytes of a request target."""
    max_fields: int = 100
    """Fields of a request head."""
    worker_connections: int = 10_000
    """Of one worker; what is above waits in the listener's queue, where another worker may take it."""
    per_address: int = 1000
    """Of one client address in one worker; 0: no limit."""
    auth_failures: int = 20
    """Wrong credentials of one client address in one worker in a minute; 0: no limit."""
    secrets: Path | None = None
    """Key ring; None: this node has none."""
    timeout_s: int = 30
    """A worker whose event loop stands still for so long is killed."""
    backlog: int = 2048
    log_level: str = "info"
    on_ready: Callable[[], None] | None = None
    """Called in the master once it listens."""


def run_gunicorn(options: GunicornOptions) -> None:
    """Serves until told to stop; ends by ``SystemExit``, as gunicorn does."""
    if not monkey.is_module_patched("socket"):
        raise RuntimeError("weir.monkey.patch_all() must come before anything else in this process")
    EdgeApplication(options).run()


class EdgeApplication(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Its ``options`` reach every worker through ``worker.app``."""

    def __init__(self, options: GunicornOptions) -> None:
        self.options = options
        self.states = WorkerStates()
        super().__init__()

    def run(self) -> None:
        """With a master of our own."""
        EdgeArbiter(self).run()

    def load_config(self) -> None:
        for name, value in gunicorn_settings(self.options).items():
            self.cfg.set(name, value)

    def load(self) -> None:
        """There is no WSGI application."""


def gunicorn_settings(options: GunicornOptions) -> dict[str, Any]:
    """In gunicorn's names. ``reuse_port`` stays off: it resets waiting connections when a worker ends."""
    master = os.getpid()

    def post_fork(_server: object, _worker: object) -> None:
        die_with_parent(master)

    def when_ready(_server: object) -> None:
        if options.on_ready is not None:
            options.on_ready()

    return {
        "bind": list(options.binds),
        "workers": options.workers,
        "worker_class": "edge.prefork.worker.EdgeWorker",
        "worker_connections": options.worker_connections,
        "backlog": options.backlog,
        "timeout": options.timeout_s,
        "graceful_timeout": ceil(options.drain_timeout_s) + LAST_WORDS_S,
        "loglevel": options.log_level,
        "control_socket_disable": True,
        "reuse_port": False,
        "proc_name": "weir-edge",
        "post_fork": post_fork,
        "when_ready": when_ready,
    }
