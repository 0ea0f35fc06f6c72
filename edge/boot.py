"""The supervisor of ``weir edge``: checks what it was told, binds, and keeps gunicorn and the node agent running.

It owns the listening sockets and hands them to its children, so a restart of either refuses no connection and port 0
stays the same port. Everything that a person can get wrong is said in one sentence before anything is started.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from edge.prefork import child_arguments
from edge.settings import EdgeSettings
from edge.versions.files import VersionFiles
from edge.versions.rules_file import read_file, read_rules
from weir.models.problem import Refused
from weir.processes import run_file
from weir.processes.child import Child
from weir.processes.group import Group
from weir.processes.lock import StateHeld, StateUnusable, hold
from weir.processes.ports import Address, CannotListen, address_of, bind
from weir.secrets.errors import SecretsError
from weir.secrets.ring import KeyRing
from weir.settings.arguments import SettingsError

BAD_SET_UP = 2

LONGEST_SOCKET_PATH = 103
"""Bytes that a unix socket's path may have everywhere (Linux takes 107, macOS 103)."""

ASK_S = 0.2
"""How long the supervisor waits for the status listener at one look."""

GUNICORN_START_S = 240.0
"""It serves at once, but counts as ready when the rules file, if any, is published: 100 000 rules take a minute."""
GUNICORN_STOP_S = 5.0
"""Beyond the drain timeout, before it is killed."""
AGENT_STOP_S = 5.0


class BadSecrets(Exception):
    """The key ring cannot be used; the text is for a person."""


class BadRules(Exception):
    """The rules file cannot be used and this node has nothing else to serve; the text is for a person."""


class Listeners(NamedTuple):
    edge: tuple[socket.socket, ...]
    status: socket.socket

    def close_edge(self) -> None:
        """So that connections are refused once the workers take no more, and do not wait for somebody who is gone."""
        for listener in self.edge:
            listener.close()


def supervise(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Runs until a signal ends it; returns the exit code."""
    try:
        settings = EdgeSettings.from_arguments(argv, environ)
        with ExitStack() as stack:
            stack.enter_context(hold(settings.state))
            check_secrets(settings)
            check_rules_file(settings)
            listeners = stack.enter_context(bound(settings))
            link = stack.enter_context(link_socket(settings))
            stack.callback(run_file.remove, settings.run_file)
            return _run(argv, settings, listeners, link)
    except (SettingsError, StateHeld, StateUnusable, CannotListen, BadSecrets, BadRules) as error:
        sys.stderr.write(f"weir edge: {error}\n")
        return BAD_SET_UP


def check_secrets(settings: EdgeSettings) -> None:
    """Raises ``BadSecrets`` for a key ring that is none, or that would let the edge sign tokens."""
    if settings.secrets is None:
        return
    try:
        ring = KeyRing.read(settings.secrets)
    except SecretsError as error:
        raise BadSecrets(str(error)) from error
    if ring.has("signing"):
        raise BadSecrets(
            f"the key ring {settings.secrets} has signing keys, which the edge must not hold; make one for it with: "
            f"weir secret export --without signing --to FILE"
        )


def check_rules_file(settings: EdgeSettings) -> None:
    """Raises ``BadRules`` if it cannot be read, or has errors while this node has no version to fall back on."""
    if settings.config is None:
        return
    try:
        content = read_file(settings.config)
        if VersionFiles(settings.versions).manifest() is None:
            read_rules(content)
    except OSError as error:
        raise BadRules(f"cannot read {settings.config}: {error.strerror or error}") from error
    except Refused as refused:
        lines = [problem.text(str(settings.config)) for problem in refused.problems]
        raise BadRules("the rules cannot be used:\n" + "\n".join(lines)) from refused


@contextlib.contextmanager
def bound(settings: EdgeSettings) -> Iterator[Listeners]:
    """Every socket that the edge listens on. Raises ``CannotListen`` for the first that cannot be had."""
    with ExitStack() as stack:
        edge = tuple(stack.enter_context(bind(address, what="the edge")) for address in settings.edge)
        yield Listeners(edge, stack.enter_context(bind(settings.status, what="the status listener")))


@contextlib.contextmanager
def link_socket(settings: EdgeSettings) -> Iterator[Path]:
    """Where agent and workers meet: in the node's directory, or in a private one if that path is too long."""
    try:
        settings.node_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StateUnusable(settings.node_directory, error) from error
    path = settings.node_directory / "agent.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        yield path
        return
    directory = Path(tempfile.mkdtemp(prefix="weir-"))
    try:
        yield directory / "agent.sock"
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _run(argv: Sequence[str], settings: EdgeSettings, listeners: Listeners, link: Path) -> int:
    status = address_of(listeners.status)
    run_file.remove(settings.run_file)
    group = Group(
        children(argv, settings, listeners, link, status),
        say=lambda line: print_line(f"weir edge: {line}"),
        on_ready=lambda: run_file.write(settings.run_file, addresses(settings, listeners)),
        drain_s=settings.drain_delay,
        on_drained=listeners.close_edge,
    )
    return group.run()


def children(
    argv: Sequence[str], settings: EdgeSettings, listeners: Listeners, link: Path, status: Address
) -> list[Child]:
    """The agent first: it is there when the first worker says hello, and it is stopped last."""
    python = [sys.executable, "-m"]
    status_fds = (listeners.status.fileno(),)
    edge_fds = tuple(listener.fileno() for listener in listeners.edge)
    return [
        Child(
            name="agent",
            argv=lambda: [*python, "edge.agent", *child_arguments.write(status_fds, link, argv)],
            ready=functools.partial(is_alive, status),
            drain_signal=signal.SIGUSR1,
            stop_within_s=AGENT_STOP_S,
            pass_fds=status_fds,
        ),
        Child(
            name="gunicorn",
            argv=lambda: [*python, "edge", "gunicorn", *child_arguments.write(edge_fds, link, argv)],
            ready=functools.partial(is_settled, status),
            ready_within_s=GUNICORN_START_S,
            stop_within_s=settings.drain_timeout + GUNICORN_STOP_S,
            forwards=(signal.SIGHUP, signal.SIGUSR1),
            pass_fds=edge_fds,
        ),
    ]


def addresses(settings: EdgeSettings, listeners: Listeners) -> dict[str, Any]:
    """The content of ``run.json``, with the real ports."""
    return {
        "pid": os.getpid(),
        "node": settings.node,
        "edge": [f"http://{address_of(listener)}" for listener in listeners.edge],
        "status": f"http://{address_of(listeners.status)}",
        "workers": settings.workers,
        "started_ms": time.time_ns() // 1_000_000,
    }


def is_alive(status: Address, _pid: int) -> bool:
    """Whether the agent answers ``/healthz``."""
    return _ask(status, "/healthz")[0] == 200


def is_settled(status: Address, _pid: int) -> bool:
    """Whether workers serve, or wait for what only the store or a person can bring (see ``facts.is_settled``)."""
    body = _ask(status, "/readyz")[1]
    try:
        answer = json.loads(body)
    except ValueError:
        return False
    return isinstance(answer, dict) and answer.get("settled") is True


def _ask(status: Address, path: str) -> tuple[int, bytes]:
    """Status and body; 0 where nobody answers in time."""
    there = status.reachable()
    connection = http.client.HTTPConnection(there.host, there.port, timeout=ASK_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def print_line(line: str) -> None:
    """To the person at the terminal."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
