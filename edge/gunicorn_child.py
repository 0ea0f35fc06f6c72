"""The gunicorn child of the supervisor; imported only after monkey patching."""

from __future__ import annotations

from edge.child_arguments import ChildArguments
from edge.gunicorn_app import GunicornOptions, run_gunicorn

GRACE_S = 8.0
"""How long requests may go on after SIGTERM; below ``boot.GUNICORN_STOP_S``, after which the supervisor kills."""


def run(arguments: ChildArguments) -> None:
    """Ends the process as gunicorn does."""
    settings = arguments.settings
    run_gunicorn(
        GunicornOptions(
            binds=tuple(f"fd://{fd}" for fd in arguments.fds),
            workers=settings.workers,
            versions=settings.versions,
            agent_socket=arguments.link,
            proxy_protocol=settings.proxy_protocol,
            access_log=settings.access_log,
            graceful_timeout_s=GRACE_S,
        )
    )
