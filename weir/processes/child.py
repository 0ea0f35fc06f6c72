"""One child of a group: what it is (``Child``), and one life of it (``Running``)."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from weir.processes.parent_death import die_with_parent


def always(_pid: int) -> bool:
    """Ready as soon as it runs."""
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Child:
    """How a child is started, asked whether it is ready, and stopped; times in seconds."""

    name: str
    argv: Callable[[], Sequence[str]]
    """Asked at every start: an address in it may have changed."""
    ready: Callable[[int], bool] = always
    """Given the pid; polled while the child starts, so it must answer quickly."""
    ready_within_s: float = 30.0
    """After this it is killed, which counts as a death."""
    stop_within_s: float = 10.0
    """From ``stop_signal`` to SIGKILL."""
    stop_signal: signal.Signals = signal.SIGTERM
    drain_signal: signal.Signals | None = None
    """Sent when the group begins to stop, before any child is asked to: say no more that you are ready."""
    forwards: tuple[signal.Signals, ...] = ()
    """Signals to the supervisor that are sent on to this child while it is ready: SIGHUP, SIGUSR1."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to the supervisor's own."""
    pass_fds: tuple[int, ...] = ()
    """Such as a listening socket of the supervisor's, which then outlives the child."""


class Running:
    """One life of a child, from its start to its reaped end."""

    def __init__(self, child: Child, now: float) -> None:
        """Starts it; OSError if there is no such program."""
        self.child = child
        self.started_at = now
        parent = os.getpid()
        # In a process group of its own a child is not reached by the terminal's Ctrl-C: the supervisor alone decides
        # the order of stopping.
        self._process = subprocess.Popen(  # noqa: S603 - no shell reads the arguments
            list(child.argv()),
            stdin=subprocess.DEVNULL,
            env={**os.environ, **child.environment},
            pass_fds=child.pass_fds,
            process_group=0,
            preexec_fn=lambda: die_with_parent(parent),  # noqa: PLW1509 - a supervisor has no threads
        )
        self.pid = self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs; negative for a signal."""
        return self._process.poll()

    def ask_to_stop(self) -> None:
        self._process.send_signal(self.child.stop_signal)

    def drain(self) -> None:
        if self.child.drain_signal is not None:
            self._process.send_signal(self.child.drain_signal)

    def send(self, sign: signal.Signals) -> None:
        self._process.send_signal(sign)

    def kill(self) -> None:
        """SIGKILL to it and to what it started in its process group; also after its own end, for what it left."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            # PermissionError: macOS, for a group that is only zombies.
            os.killpg(self.pid, signal.SIGKILL)

    def reap(self) -> None:
        """Waits for an end that is certain."""
        self._process.wait()


def how_it_ended(code: int) -> str:
    """``exit code 1``, ``SIGSEGV``: an exit code for people."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
