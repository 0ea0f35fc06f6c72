"""Composition root of ``weir auth``: settings, key ring, lock, listener, run file, gunicorn.

Everything that a person can get wrong is said in one sentence before anything is served. Workers share nothing but the
store, so any number of them, in any number of instances, may run at once.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from typing import Any
from wsgiref.types import WSGIApplication

from prometheus_client import CollectorRegistry

from auth.app import create_app
from auth.metrics import AuthMetrics, key_age
from auth.services import Services, Site, services_of
from auth.settings import AuthSettings
from auth.signing.upkeep import keep_keys
from weir.processes import run_file
from weir.processes.lock import StateHeld, StateUnusable, hold
from weir.processes.ports import Address, CannotListen, address_of, bind
from weir.secrets.errors import SecretsError
from weir.secrets.ring import KeyRing
from weir.serving.gunicorn_app import ServedApplication
from weir.serving.hosts import hosts_of
from weir.serving.metrics_listener import Metrics, open_metrics
from weir.serving.stderr_log import log_to_stderr
from weir.store.connect import connect
from weir.store.errors import StoreError
from weir.store.keys import Keys

BAD_SET_UP = 2
STORE_TIMEOUT_S = 3.0
"""Longest silence of the store within one command."""


def serve(settings: AuthSettings) -> int:
    """Until a signal ends it; the exit code. gunicorn itself ends by ``SystemExit``."""
    try:
        connect(settings.redis).close()
        KeyRing.read(settings.secrets).need("signing")
        # Not a context: workers are forked and leave through here too, and must not let go of it.
        lock = hold(settings.directory)
        run_file.remove(settings.run_file)
        listener = bind(settings.auth, what="the authorization server")
        metrics = open_metrics(settings.auth_metrics, settings.metrics)
    except (StateHeld, StateUnusable, CannotListen, StoreError, SecretsError) as error:
        sys.stderr.write(f"weir auth: {error}\n")
        return BAD_SET_UP
    master = os.getpid()
    try:
        run(settings, listener, metrics)
    finally:
        if os.getpid() == master:
            run_file.remove(settings.run_file)
            lock.release()
    return 0


def run(settings: AuthSettings, listener: socket.socket, metrics: Metrics) -> None:
    """Until a signal; gunicorn takes the listeners and closes them."""
    address = address_of(listener)
    site = site_of(settings, address)
    ServedApplication(
        lambda stopping: application(settings, site, stopping, metrics),
        descriptors=(listener.detach(), *metrics.descriptors),
        workers=settings.auth_workers,
        process="auth",
        on_ready=lambda: announce(settings, address, site, metrics),
        on_worker_end=metrics.worker_ended,
    ).run()


def site_of(settings: AuthSettings, address: Address) -> Site:
    return Site(
        issuer=settings.public_url or f"http://{address}",
        hosts=hosts_of(address, settings.public_url, "--public-url"),
        proxies=settings.auth_proxies,
    )


def application(
    settings: AuthSettings, site: Site, stopping: threading.Event, metrics: Metrics
) -> WSGIApplication:
    """What one worker serves. Nothing connects before the first call, but for the greenlet that keeps the keys."""
    log_to_stderr()
    services = services_for(settings, site, stopping)
    keep_keys(services.signing, stopping)
    return metrics.added_to(create_app(services), lambda: key_age(services.signing.age_s))


def services_for(settings: AuthSettings, site: Site, stopping: threading.Event) -> Services:
    return services_of(
        connect(settings.redis, timeout_s=STORE_TIMEOUT_S),
        Keys(settings.cluster),
        KeyRing.read(settings.secrets),
        site,
        rotation_s=settings.signing_rotation,
        stopping=stopping,
        metrics=AuthMetrics(CollectorRegistry()),
    )


def announce(settings: AuthSettings, address: Address, site: Site, metrics: Metrics) -> None:
    """The real address, for people and for programs on this machine."""
    run_file.write(settings.run_file, facts(settings, address, site) | metrics.facts())
    sys.stderr.write(f"weir auth: answering at http://{address}, as the issuer {site.issuer}\n")
    sys.stderr.flush()


def facts(settings: AuthSettings, address: Address, site: Site) -> dict[str, Any]:
    """The content of ``run.json``. No secret: everyone may read the file."""
    return {
        "pid": os.getpid(),
        "auth": f"http://{address}",
        "issuer": site.issuer,
        "workers": settings.auth_workers,
        "started_ms": time.time_ns() // 1_000_000,
    }
