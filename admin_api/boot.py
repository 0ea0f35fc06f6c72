"""Composition root of ``weir admin``: settings, lock, listener, run file, gunicorn.

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

from flask import Flask
from prometheus_client import CollectorRegistry

from admin_api.access.credentials import Credentials
from admin_api.access.identify import StoreAccess
from admin_api.access.journal import AuditJournal
from admin_api.app import create_app
from admin_api.metrics import AdminMetrics
from admin_api.pages import add_pages
from admin_api.services import Services, services_of
from admin_api.settings import AdminSettings
from weir.processes import run_file
from weir.processes.lock import StateHeld, StateUnusable, hold
from weir.processes.ports import Address, CannotListen, address_of, bind
from weir.secrets.errors import SecretsError
from weir.secrets.ring import KeyRing
from weir.serving.gunicorn_app import ServedApplication
from weir.serving.hosts import Hosts, hosts_of
from weir.serving.metrics_listener import Metrics, open_metrics
from weir.serving.stderr_log import log_to_stderr
from weir.store.connect import connect
from weir.store.errors import StoreError
from weir.store.keys import Keys

BAD_SET_UP = 2
STORE_TIMEOUT_S = 5.0
"""Longest silence of the store within one command: whole versions are read and written here."""


def serve(settings: AdminSettings) -> int:
    """Until a signal ends it; the exit code. gunicorn itself ends by ``SystemExit``."""
    try:
        for url in (settings.redis, settings.redis_counters):
            connect(url).close()
        ring = KeyRing.read(settings.secrets) if settings.secrets else None
        # Not a context: workers are forked and leave through here too, and must not let go of it.
        lock = hold(settings.directory)
        run_file.remove(settings.run_file)
        listener = bind(settings.admin, what="the admin API")
        metrics = open_metrics(settings.admin_metrics, settings.metrics)
    except (StateHeld, StateUnusable, CannotListen, SecretsError, StoreError) as error:
        sys.stderr.write(f"weir admin: {error}\n")
        return BAD_SET_UP
    master = os.getpid()
    try:
        run(settings, listener, metrics, ring)
    finally:
        if os.getpid() == master:
            run_file.remove(settings.run_file)
            lock.release()
    return 0


def run(settings: AdminSettings, listener: socket.socket, metrics: Metrics, ring: KeyRing | None) -> None:
    """Until a signal; gunicorn takes the listeners and closes them."""
    address = address_of(listener)
    hosts = hosts_of(address, settings.admin_url, "--admin-url")
    ServedApplication(
        lambda stopping: metrics.added_to(application(settings, hosts, stopping, ring)),
        descriptors=(listener.detach(), *metrics.descriptors),
        workers=settings.admin_workers,
        process="admin",
        on_ready=lambda: announce(settings, address, metrics),
        on_worker_end=metrics.worker_ended,
    ).run()


def application(
    settings: AdminSettings, hosts: Hosts, stopping: threading.Event, ring: KeyRing | None
) -> Flask:
    """What one worker serves. Nothing connects before the first call."""
    log_to_stderr()
    services = services_for(settings, hosts, stopping, ring)
    credentials = Credentials(services.tokens, services.links, services.throttle)
    access = StoreAccess(credentials, services.sessions, secure=hosts.secure)
    journal = AuditJournal(services.audit)
    metrics = AdminMetrics(CollectorRegistry())
    app = create_app(services, access, hosts, journal, metrics=metrics, proxies=settings.admin_proxies)
    add_pages(app, services, journal)
    return app


def services_for(
    settings: AdminSettings, hosts: Hosts, stopping: threading.Event, ring: KeyRing | None
) -> Services:
    client = connect(settings.redis, timeout_s=STORE_TIMEOUT_S)
    is_same = settings.redis_counters == settings.redis
    counters = client if is_same else connect(settings.redis_counters, timeout_s=STORE_TIMEOUT_S)
    return services_of(
        client, Keys(settings.cluster), counters, secure_cookies=hosts.secure, stopping=stopping, ring=ring
    )


def announce(settings: AdminSettings, address: Address, metrics: Metrics) -> None:
    """The real address, for people and for programs on this machine."""
    url = f"http://{address}"
    run_file.write(settings.run_file, facts(settings, url) | metrics.facts())
    sys.stderr.write(f"weir admin: answering at {url}\n")
    sys.stderr.flush()


def facts(settings: AdminSettings, url: str) -> dict[str, Any]:
    """The content of ``run.json``. No secret: everyone may read the file."""
    return {
        "pid": os.getpid(),
        "admin": url,
        "admin_url": settings.admin_url or url,
        "workers": settings.admin_workers,
        "started_ms": time.time_ns() // 1_000_000,
    }
