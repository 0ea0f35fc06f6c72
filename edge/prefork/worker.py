"""The worker process: gunicorn's gevent worker, with the raw connection taken in ``handle``.

Touched of gunicorn are ``load_wsgi``, ``handle``, ``handle_usr1``, ``run`` and nothing else. A graceful stop: what
waits in the listening queue is taken, then no more; idle keep-alive connections are closed at once, and what is open
may go on for ``drain_timeout_s``, or for ``reload_timeout_s`` where a new worker took this one's place. Then it ends.
"""

from __future__ import annotations

import ctypes
import logging
import socket
import ssl
import struct
import sys
import time
from _socket import socket as RawSocket  # noqa: N812 - it is a class
from functools import partial
from importlib.metadata import version
from types import FrameType
from typing import Any

import gevent
from gunicorn.workers.ggevent import GeventWorker

from edge.access_log.log import AccessLog, open_log
from edge.deadlines import Sweeper
from edge.downstream.arrival import receive
from edge.downstream.limits import Limits
from edge.engine import Engine
from edge.http.framing import Bounds
from edge.http.names import response_names
from edge.limiting.limiter import Limiter
from edge.link.agent_link import AgentLink
from edge.prefork.application import GunicornOptions
from edge.prefork.listener import Listener, Over
from edge.prefork.worker_states import WorkerState, WorkerStates
from edge.retry.budgets import RetryBudgets
from edge.telemetry.sampler import TOPIC as SAMPLES
from edge.telemetry.sampler import Sampler
from edge.telemetry.telemetry import Telemetry
from edge.tracing.exporter import Exporter
from edge.tracing.tracer import Tracer
from edge.transport import Transport
from edge.upstream import concurrency_gates, health_board
from edge.upstream import drains as upstream_drains
from edge.upstream.concurrency_gates import Gates
from edge.upstream.drains import Drains
from edge.upstream.drains_file import drains_path, read_drains
from edge.upstream.health_board import HealthBoard
from edge.upstream.resolver import Resolver
from edge.upstream.upstreams import Upstreams
from edge.versions.files import VersionFiles
from edge.versions.loader import Loader
from edge.versions.reader import VersionReader
from edge.versions.snapshot import Snapshot
from weir.secrets.ring import KeyRing

NOTIFY_S = 0.25
"""How often gunicorn is told that this worker lives, and how late a stop is noticed at worst."""
FINISH_POLL_S = 0.02
SO_ATTACH_FILTER = 26
"""Of ``socket(7)``, which Python does not name."""
DROP_SYN = (
    (0x30, 0, 0, 13),
    (0x54, 0, 0, 0x12),
    (0x15, 0, 1, 0x02),
    (0x06, 0, 0, 0),
    (0x06, 0, 0, 0xFFFFFFFF),
)
"""Classic BPF: load the flags; of SYN and ACK, is there SYN alone? Then drop, else pass."""
NODES_S = 0.5
"""How long a worker does not begin because it was not told yet how many nodes share a limit."""
HANDSHAKE_S = 0.1
"""For connections that are half open at that moment."""
END_S = 1.0
"""How long exchanges that are ended may take to say and log it."""

log = logging.getLogger("weir.worker")


class EdgeWorker(GeventWorker):  # type: ignore[misc]  # gunicorn has no types
    """One event loop and everything that runs on it."""

    engine: Engine
    _link: AgentLink | None = None
    _budgets: RetryBudgets | None = None
    """None without an agent: then nothing limits retries but the rules themselves."""
    _limiter: Limiter

    def load_wsgi(self) -> None:
        """Builds the worker in place of loading an application; the version on disk is in service afterwards."""
        self.wsgi = None
        options: GunicornOptions = self.app.options
        self._write_log_to_gunicorn()
        telemetry = Telemetry()
        self.engine = _engine(options, telemetry)
        resolver = Resolver(count=telemetry.looked_up)
        telemetry.gauge("weir_dns_stale_names", resolver.stale)
        board = HealthBoard(telemetry.target_out)
        telemetry.gauges(board.gauges)
        gates = Gates(telemetry.held_up, self.cfg.workers, options.max_nodes)
        telemetry.gauges(gates.gauges)
        self.engine.asks.on_news(concurrency_gates.TOPIC, gates.hear)
        self.engine.asks.on_news(SAMPLES, Sampler(self.engine.asks, self.engine.watch).hear)
        if options.agent_socket is not None:
            self._budgets = RetryBudgets(self.engine.asks)
        self._limiter = self.engine.limiter = Limiter(
            self.engine.asks, workers=self.cfg.workers * options.max_nodes
        )
        drains = Drains()
        drains.load(read_drains(drains_path(options.versions)))
        upstreams = _upstreams(self.engine, resolver, board, gates, self._budgets, drains)
        loader = Loader(self.engine, VersionReader(VersionFiles(options.versions)), upstreams)
        self._gauges(telemetry, upstreams)
        self.engine.auth.throttle.allow(options.auth_failures)
        if options.secrets is not None:
            self.engine.auth.ring = KeyRing.read(options.secrets)
        self.engine.sweeper.start()
        self.engine.access_log.start()
        self.engine.tracer = _tracer(options, self.engine)
        health_board.start(board, self.engine.asks)
        upstream_drains.start(drains, self.engine.asks, upstreams.drained_in_flight)
        reading = gevent.spawn(self._notify_for_ever)
        loader.load()
        reading.kill()
        if options.agent_socket is not None:
            self._link = AgentLink(options.agent_socket, self.age, loader, telemetry, self.engine.asks)
            self._link.start()
            if self._budgets is not None:
                self._budgets.start()
            self._limiter.start()
            gates.wait(NODES_S)

    def run(self) -> None:
        """Serves until gunicorn says stop."""
        protocols = self.app.options.proxy_protocol or ["off"] * len(self.sockets)
        servers = [self._server(*each) for each in zip(self.sockets, protocols, strict=True)]
        states: WorkerStates = self.app.states
        states[self.age] = WorkerState.SERVING
        while self.alive:
            self.notify()
            gevent.sleep(NOTIFY_S)
        states.leave(self.age)
        for server in servers:
            if states[self.age] is WorkerState.HURRIED:
                take_no_more(server.socket)
            server.take_waiting()
            server.close()
        self._finish(servers)
        self.engine.access_log.close()
        if self.engine.tracer is not None:
            self.engine.tracer.close()
        if self._link is not None:
            self.engine.telemetry.used.hurry()
            if self._budgets is not None:
                self._budgets.finish()
            self._limiter.finish()
            self._link.finish()

    def handle_usr1(self, sig: int, frame: FrameType | None) -> None:
        """The access log is opened again, as gunicorn's logs are. Runs in a signal handler, so it only says so."""
        super().handle_usr1(sig, frame)
        gevent.spawn(self.engine.access_log.reopen)

    def handle(self, port: int, protocol: str, client: RawSocket, address: Any, over: Over) -> None:
        """Begins a connection, in the hub; the listener may be closed by now.

        ``port`` is ours, 0 for a unix socket, whose ``address`` is text. PROXY ``protocol``.
        """
        peer = address[0] if isinstance(address, tuple) else ""
        receive(self.engine, Transport(client), peer, port, protocol, over)

    def _server(self, listener: Any, protocol: str) -> Listener:
        listener.setblocking(1)
        name = listener.getsockname()
        port = 0
        if isinstance(name, tuple):
            port = name[1]
            # Connections have it from their listener.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = Listener(listener, partial(self.handle, port, protocol), self.worker_connections)
        if self.cfg.workers > 1:
            server.max_accept = 1
        server.start()
        return server

    def _finish(self, servers: list[Listener]) -> None:
        """Until the last connection is over, or their time is."""
        options: GunicornOptions = self.app.options
        began = time.monotonic()
        until, hurried = began + options.reload_timeout_s, False
        self.engine.drain()
        if self._budgets is not None:
            self._budgets.leave()
        while _open(servers) and time.monotonic() < until:
            if not hurried and self.app.states[self.age] is WorkerState.HURRIED:
                hurried = True
                until = min(until, time.monotonic() + options.drain_timeout_s)
            self.notify()
            gevent.sleep(FINISH_POLL_S)
        if _open(servers):
            log.warning("%d connections are ended: their time is over", len(self.engine.connections))
            self.engine.end_connections()
            until = time.monotonic() + END_S
            while _open(servers) and time.monotonic() < until:
                gevent.sleep(FINISH_POLL_S)

    def _notify_for_ever(self) -> None:
        while True:
            self.notify()
            gevent.sleep(NOTIFY_S)

    def _gauges(self, telemetry: Telemetry, upstreams: Upstreams) -> None:
        engine = self.engine
        telemetry.gauge("weir_downstream_connections", lambda: len(engine.connections))
        telemetry.gauges(upstreams.connections)
        telemetry.gauge("weir_hub_lag_seconds", engine.sweeper.take_worst_lag)

    def _write_log_to_gunicorn(self) -> None:
        """Our loggers write where gunicorn's error log does."""
        ours, theirs = logging.getLogger("weir"), self.log.error_log
        ours.handlers, ours.propagate = list(theirs.handlers), False
        ours.setLevel(theirs.level)


def take_no_more(listener: Any) -> None:
    """Nobody listens behind this worker, so no connection is begun from now on: a packet filter drops every SYN.

    One that came between the last look into the queue and its end would be reset. Linux only.
    """
    if sys.platform != "linux":
        return
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in DROP_SYN))
    pointer = struct.pack("HP", len(DROP_SYN), ctypes.addressof(program))
    try:
        listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, pointer)
    except OSError as error:
        log.warning("a connection that begins now may be reset: %s", error)
    gevent.sleep(HANDSHAKE_S)


def _open(servers: list[Listener]) -> int:
    """Connections of all of them."""
    return sum(server.open for server in servers)


def _tracer(options: GunicornOptions, engine: Engine) -> Tracer | None:
    """Started; None, and nothing of it imported, where no endpoint is set."""
    if not options.otlp_endpoint:
        return None
    from edge.tracing.spans import Encoder

    encoder = Encoder(version("weir"), options.node, engine.random)
    exporter = Exporter(options.otlp_endpoint, encoder.encode, options.otlp_headers)
    tracer = Tracer(options.trace_ratio, exporter.send, engine.telemetry.spanned)
    tracer.start()
    return tracer


def _engine(options: GunicornOptions, telemetry: Telemetry) -> Engine:
    def dropped(lines: int) -> None:
        telemetry.log_dropped += lines

    return Engine(
        snapshot=Snapshot(),
        limits=Limits(
            head_s=options.head_timeout_s,
            keep_alive_s=options.keep_alive_s,
            body_s=options.body_timeout_s,
            write_s=options.write_timeout_s,
            head=Bounds(options.max_target, options.max_fields),
            per_address=options.per_address,
        ),
        sweeper=Sweeper(),
        telemetry=telemetry,
        access_log=AccessLog(
            open_log(options.access_log), form=options.access_log_format, on_dropped=dropped
        ),
    )


def _upstreams(
    engine: Engine,
    resolver: Resolver,
    board: HealthBoard,
    gates: Gates,
    budgets: RetryBudgets | None,
    drains: Drains,
) -> Upstreams:
    return Upstreams(
        sweeper=engine.sweeper,
        resolver=resolver,
        names=response_names(),
        limits=engine.limits,
        context=ssl.create_default_context(),
        board=board,
        gates=gates,
        budgets=budgets,
        drains=drains,
    )
