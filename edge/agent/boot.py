"""Composition root of the agent process: what is made, started and stopped, in which order.

The process is monkey patched by its entry (``__main__``) before this file is imported.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gevent
from gevent.event import Event
from prometheus_client import CollectorRegistry

from edge.agent.adopt import Adopter
from edge.agent.announce import Announcer
from edge.agent.budgets import Budgets
from edge.agent.budgets_metrics import BudgetMetrics
from edge.agent.concurrency_page import concurrency_page
from edge.agent.config_file import ConfigFile
from edge.agent.config_memory import ConfigMemory
from edge.agent.credentials.service import Credentials
from edge.agent.drains import DrainKeeper
from edge.agent.drains_metrics import DrainMetrics
from edge.agent.exposition import Exposition
from edge.agent.facts import Facts, readiness
from edge.agent.follow import Follower
from edge.agent.health.metrics import HealthMetrics
from edge.agent.health.service import HealthService
from edge.agent.issuers.fetch import Fetch
from edge.agent.issuers.keeper import IssuerKeeper
from edge.agent.issuers.metrics import IssuerMetrics
from edge.agent.issuers.service import IssuerService, IssuerStore
from edge.agent.limits.holder import LimitHolder
from edge.agent.limits.metrics import LimitMetrics
from edge.agent.limits.watch import Watch
from edge.agent.live import LiveWord
from edge.agent.load import LoadMeter
from edge.agent.metrics import StateMetrics, WorkerMetrics
from edge.agent.pipe_metrics import PipeMetrics
from edge.agent.status import Pages, StatusServer
from edge.agent.store_parts import StoreParts, counters_client, credentials_client, store_parts
from edge.agent.store_pipe import StorePipe
from edge.agent.traffic.service import Traffic
from edge.agent.worker_link import Topic, WorkerLink
from edge.auth.issuers import UNKNOWN_KEY, WANTED
from edge.limiting.clock import boot_s
from edge.prefork.child_arguments import ChildArguments
from edge.settings import EdgeSettings
from edge.upstream.drains_file import drains_path
from edge.versions.files import VersionFiles
from weir.secrets.ring import KeyRing
from weir.store.feed import Changes
from weir.store.health import HealthCalls
from weir.store.keys import Keys

RESTART_S = 1.0
"""Seconds until a part of the agent that failed unexpectedly is started again."""

log = logging.getLogger("weir.agent")


def run_agent(arguments: ChildArguments) -> int:
    """Runs until SIGTERM or SIGINT; SIGUSR1 turns readiness off before that. Returns the exit code.

    Raises ``StoreError`` for an address that is none, ``OSError`` if the disk or the socket refuses, ``SecretsError``
    for a key ring that cannot be read.
    """
    stop = Event()
    agent = Agent(arguments.settings, arguments.link, socket.socket(fileno=arguments.fds[0]))
    gevent.signal_handler(signal.SIGUSR1, agent.drain)
    for sign in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(sign, stop.set)
    gc.collect()
    gc.freeze()  # what there is now stays: no collection looks at it again, which would take 10 ms each time
    agent.start()
    stop.wait()
    agent.drain()
    agent.stop()
    return 0


class Agent:
    """All parts of the agent, wired. Nothing connects before ``start``."""

    def __init__(self, settings: EdgeSettings, link: Path, status_listener: socket.socket) -> None:
        self.facts = Facts(config="pending" if settings.config else "none")
        self._files = VersionFiles(settings.versions)
        self._store: StoreParts = store_parts(settings.redis, settings.cluster)
        registry = CollectorRegistry()
        worker_metrics = WorkerMetrics(registry, max_series=settings.metrics_series)
        metrics = StateMetrics(registry, self.facts)
        self._pipe = StorePipe(counters_client(settings.redis_counters), PipeMetrics(registry))
        self._link = WorkerLink(
            link, self.facts, worker_metrics, on_refused=self._recheck_files, on_change=self._changed
        )
        self._drains = DrainKeeper(
            self._store.drains, drains_path(settings.versions), self.facts, self._link.announce
        )
        DrainMetrics(registry, self._drains)
        self._credentials = self._make_credentials(settings, registry)
        self._issuers = self._make_issuers(settings, registry)
        self._health = HealthService(
            HealthCalls(Keys(settings.cluster), settings.node),
            self._pipe,
            self._link.announce,
            HealthMetrics(registry),
        )
        self._budgets = self._make_budgets(settings)
        BudgetMetrics(registry, self._budgets)
        self._watch = Watch()
        self._limits = self._limit_holder(settings, LimitMetrics(registry))
        self._traffic = Traffic(
            self._pipe,
            Keys(settings.cluster),
            settings.node,
            nodes=lambda: self.facts.nodes,
            announce=self._link.announce,
            registry=registry,
        )
        self._link.answer_with(self._topics())
        self._status = StatusServer(
            status_listener,
            Exposition(registry, worker_metrics, lambda: gevent.sleep(0)).text,
            lambda: readiness(self.facts, time.monotonic()),
            pages={**self._pages(), "/concurrency": lambda: concurrency_page(worker_metrics)},
        )
        self._announcer = Announcer(
            settings.node,
            status_listener,
            self._store.nodes,
            self.facts,
            counted=lambda nodes: self._link.announce("nodes", {"nodes": nodes}),
            load=self._load_meter(worker_metrics).take,
        )
        self._follower = self._make_follower(metrics)
        memory = ConfigMemory(settings.node_directory / "published.json")
        self._adopter = self._make_adopter(settings, memory)
        self._config = (
            ConfigFile(settings.config, settings.node, self._store, self.facts, memory, metrics, say=say)
            if settings.config
            else None
        )
        self._live = self._live_word(settings)
        self._greenlets: list[gevent.Greenlet[..., None]] = []

    def _pages(self) -> Pages:
        return {
            "/targets": self._targets_page,
            "/budgets": self._budgets.page,
            "/limits": self._limits.page,
            "/issuers": self._issuers.page,
            "/credentials": self._credentials.page,
        }

    def _make_follower(self, metrics: StateMetrics) -> Follower:
        return Follower(
            self._store,
            self._files,
            self.facts,
            metrics,
            tell=self._link.tell,
            settled=self._announcer.wake,
            heard=self._heard,
            followed=self._credentials.followed,
        )

    def _heard(self, changes: Changes) -> None:
        self._drains.heard(changes)
        self._issuers.heard(changes)

    def _make_credentials(self, settings: EdgeSettings, registry: CollectorRegistry) -> Credentials:
        return Credentials(
            credentials_client(settings.redis),
            Keys(settings.cluster),
            settings.node_directory,
            KeyRing.read(settings.secrets) if settings.secrets else None,
            self._link,
            self.facts,
            registry,
        )

    def _make_issuers(self, settings: EdgeSettings, registry: CollectorRegistry) -> IssuerService:
        keeper = IssuerKeeper(settings.node_directory / "issuers", Fetch(), self._link.announce)
        IssuerMetrics(registry, keeper)
        return IssuerService(IssuerStore.of(self._store.client, Keys(settings.cluster)), keeper, self.facts)

    def _make_budgets(self, settings: EdgeSettings) -> Budgets:
        return Budgets(
            self._pipe,
            Keys(settings.cluster),
            workers=settings.workers,
            max_nodes=settings.max_nodes,
            nodes=lambda: self.facts.nodes,
        )

    def _limit_holder(self, settings: EdgeSettings, metrics: LimitMetrics) -> LimitHolder:
        return LimitHolder(
            self._pipe,
            Keys(settings.cluster),
            settings.node,
            nodes=lambda: self.facts.nodes,
            workers=lambda: len(self.facts.workers),
            max_nodes=settings.max_nodes,
            announce=self._link.announce,
            metrics=metrics,
            watch=self._watch,
        )

    def _live_word(self, settings: EdgeSettings) -> LiveWord:
        return LiveWord(
            self._pipe,
            Keys(settings.cluster),
            settings.node,
            limits=lambda: self._watch.near(boot_s()),
            budgets=self._budgets.state,
            refused=lambda: self._budgets.refused,
            targets=self._targets_page,
        )

    def _targets_page(self) -> dict[str, Any]:
        return self._drains.marked(self._health.state())

    def start(self) -> None:
        """Raises ``OSError`` if the disk or the socket refuses."""
        self.facts.held = self._files.identity()
        self._pipe.start()
        self._health.start()
        self._limits.start()
        self._drains.start()
        self._issuers.keeper.start()
        self._follower.resume(self._credentials.start())
        self._link.start()
        self._status.start()
        loops: Sequence[Callable[[], None]] = [
            self._follow,
            self._announcer.run,
            self._budgets.run,
            self._live.run,
            self._issuers.keeper.run,
        ]
        if self._config is not None:
            loops = [*loops, self._config.run]
        loops = [*loops, *self._traffic.loops(), *self._credentials.loops()]
        self._greenlets = [gevent.spawn(_keep_running, loop) for loop in loops]

    def drain(self) -> None:
        """Readiness off; the workers' requests go on."""
        self.facts.draining = True
        self._announcer.wake()

    def stop(self) -> None:
        """Ends everything; what is on disk is whole at any moment."""
        gevent.killall(self._greenlets, timeout=2)
        self._announcer.leave()
        self._health.stop()
        self._budgets.stop()
        self._issuers.keeper.stop()
        self._link.stop()
        self._limits.stop()
        self._traffic.stop()
        self._credentials.stop()
        self._pipe.stop()
        self._status.stop()
        self._store.client.close()

    def _make_adopter(self, settings: EdgeSettings, memory: ConfigMemory) -> Adopter:
        return Adopter(
            settings.node_directory,
            settings.node,
            self._store,
            self._files,
            self.facts,
            self._follower,
            memory,
            publish_again=self._publish_again,
        )

    def _topics(self) -> dict[str, Topic]:
        """What workers may ask, by the name that they ask for; these parts use the pipe and may announce news."""
        return {
            "health": self._health,
            "limit": self._limits,
            "usage": self._traffic.usage,
            "samples": self._traffic.samples,
            "budget": self._budgets,
            "drain": self._drains,
            WANTED: self._issuers.wanted,
            UNKNOWN_KEY: self._issuers.key,
            **self._credentials.topics(),
        }

    def _follow(self) -> None:
        """Orders of a person and versions of the store in one loop: neither meets the other half done."""
        while True:
            self._adopter.step()
            self._follower.pause(self._follower.step())

    def _publish_again(self) -> None:
        if self._config is not None:
            self._config.again()

    def _changed(self) -> None:
        self._announcer.wake()

    def _load_meter(self, metrics: WorkerMetrics) -> LoadMeter:
        return LoadMeter(
            lambda: metrics.requests,
            lambda: metrics.present("weir_downstream_connections"),
            lambda: [os.getpid(), *{worker.pid for worker in self.facts.workers.values()}],
        )

    def _recheck_files(self) -> None:
        self._follower.recheck_files()


def say(line: str) -> None:
    """To the person at the terminal."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _keep_running(loop: Callable[[], None]) -> None:
    """A loop that fails in a way nobody foresaw is logged with its traceback and started again."""
    while True:
        try:
            loop()
        except Exception:
            log.exception("a part of the node agent failed; it starts again")
            gevent.sleep(RESTART_S)
