"""The gunicorn child of the supervisor; imported only after monkey patching."""

from __future__ import annotations

import resource

from edge.prefork.application import GunicornOptions, run_gunicorn
from edge.prefork.child_arguments import ChildArguments

SPARE_FILES = 1024
"""Open files beside a client's connection and the upstream's that serves it."""


def run(arguments: ChildArguments) -> None:
    """Ends the process as gunicorn does."""
    settings = arguments.settings
    allow_open_files(2 * settings.max_connections + SPARE_FILES)
    run_gunicorn(
        GunicornOptions(
            binds=tuple(f"fd://{fd}" for fd in arguments.fds),
            workers=settings.workers,
            versions=settings.versions,
            agent_socket=arguments.link,
            proxy_protocol=settings.proxy_protocol,
            access_log=settings.access_log,
            access_log_format=settings.access_log_format,
            node=settings.node,
            max_nodes=settings.max_nodes,
            otlp_endpoint=settings.otlp_endpoint,
            otlp_headers=settings.otlp_headers,
            trace_ratio=settings.trace_ratio,
            drain_timeout_s=settings.drain_timeout,
            reload_timeout_s=settings.reload_timeout,
            head_timeout_s=settings.head_timeout,
            keep_alive_s=settings.keep_alive,
            body_timeout_s=settings.body_timeout,
            write_timeout_s=settings.write_timeout,
            max_target=settings.max_target,
            max_fields=settings.max_fields,
            worker_connections=settings.max_connections,
            per_address=settings.max_connections_per_address,
            auth_failures=settings.auth_failures,
            secrets=settings.secrets,
        )
    )


def allow_open_files(wanted: int) -> None:
    """Raises this process's own bound as far as it may; the system's common 1024 would be the real bound else."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft not in (resource.RLIM_INFINITY, hard) and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
