"""What a child of the supervisor runs; imported only after monkey patching."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from edge.settings import EdgeSettings

GRACE_S = 8.0
"""How long requests may go on after SIGTERM; below ``boot.GUNICORN_STOP_S``, after which the supervisor kills."""


def run_role(role: str, argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """``argv`` is what ``boot.role_argv`` put after the role: sockets, link, and the supervisor's own arguments."""
    fds = tuple(int(fd) for fd in argv[0].split(","))
    link = Path(argv[1])
    settings = EdgeSettings.from_arguments(argv[2:], environ)
    _log_to_standard_error()
    if role == "agent":
        return _agent(settings, link, fds[0])
    return _gunicorn(settings, link, fds)


def _agent(settings: EdgeSettings, link: Path, fd: int) -> int:
    from edge.agent.boot import AgentOptions, run_agent

    return run_agent(AgentOptions(settings=settings, link_socket=link), socket.socket(fileno=fd))


def _gunicorn(settings: EdgeSettings, link: Path, fds: Sequence[int]) -> int:
    from edge.gunicorn_app import GunicornOptions, run_gunicorn

    options = GunicornOptions(
        binds=tuple(f"fd://{fd}" for fd in fds),
        workers=settings.workers,
        versions=settings.versions,
        agent_socket=link,
        access_log=settings.access_log,
        graceful_timeout_s=GRACE_S,
    )
    run_gunicorn(options)
    return 0


def _log_to_standard_error() -> None:
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
