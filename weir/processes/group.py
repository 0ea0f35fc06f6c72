"""A supervised group of children.

Children start in order, each after the one before it is ready, and stop in reverse order. A dead one is started again
with backoff; too many deaths stop the group. The decisions are in ``backoff``, the waiting in ``wakeup``; nothing here
looks at anything more often than a child's readiness needs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from signal import SIGCHLD, SIGHUP, SIGINT, SIGTERM, SIGUSR1, Signals

from weir.processes.backoff import Policy, Restarts
from weir.processes.child import Child, Running, how_it_ended
from weir.processes.wakeup import Wakeup

STOPPED, GAVE_UP, BAD_SET_UP, KILLED = 0, 1, 2, 130
"""What ``Group.run`` returns."""

READY_POLL_S = 0.05


class _Member:
    """A child across its lives."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.running: Running | None = None
        self.is_ready = False
        self.was_ready = False
        self.start_at: float | None = None
        """When it starts again; None while it runs and before its first start."""


class Group:
    """Children that live and stop together. ``say`` gets one line for every event a person may want to know."""

    def __init__(
        self,
        children: Sequence[Child],
        *,
        say: Callable[[str], None],
        policy: Policy | None = None,
        on_ready: Callable[[], None] | None = None,
        drain_s: float = 0.0,
        on_drained: Callable[[], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``drain_s``: from the drain signals to the first stop signal; ``on_drained`` is called between them."""
        self._members = [_Member(child) for child in children]
        self._say = say
        self._policy = policy or Policy()
        self._restarts = Restarts(self._policy)
        self._on_ready = on_ready
        self._drain_s = drain_s
        self._on_drained = on_drained
        self._clock = clock

    def run(self) -> int:
        """Until a signal stops the group or it gives up; main thread only.

        Returns 0 after SIGTERM or SIGINT, 1 after too many deaths, 2 when a child that was never ready ended with exit
        code 2 (bad set-up; it has said why), 130 after a second SIGINT. No child is left, whatever happens.
        """
        with Wakeup((SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD)) as wakeup:
            try:
                return self._supervise(wakeup)
            finally:
                self._kill_all()

    def _supervise(self, wakeup: Wakeup) -> int:
        while True:
            result = self._bury_the_dead()
            if result is None:
                result = self._start_what_is_due()
            if result is not None:
                return self._stop(wakeup, result)
            self._look_who_is_ready()
            for sign in wakeup.wait(self._next_look_in()):
                if sign in (SIGTERM, SIGINT):
                    return self._stop(wakeup, STOPPED)
                if sign in (SIGHUP, SIGUSR1):
                    self._send_on(sign)

    # Starting

    def _start_what_is_due(self) -> int | None:
        """First starts in order; a child that was there before does not wait for the others."""
        now = self._clock()
        for member in self._members:
            due = member.start_at is not None and member.start_at <= now
            first = member.running is None and member.start_at is None
            if (due or first) and not self._start(member, now):
                return BAD_SET_UP
            if not member.was_ready:
                return None
        return None

    def _start(self, member: _Member, now: float) -> bool:
        try:
            member.running = Running(member.child, now)
        except OSError as error:
            self._say(f"{member.child.name} cannot be started: {error}")
            return False
        member.is_ready, member.start_at = False, None
        return True

    def _look_who_is_ready(self) -> None:
        now = self._clock()
        for member in self._members:
            running = member.running
            if running is None or member.is_ready:
                continue
            if member.child.ready(running.pid):
                self._note_ready(member)
            elif now - running.started_at > member.child.ready_within_s:
                self._say(
                    f"{member.child.name} was not ready within {member.child.ready_within_s:g} s and is killed"
                )
                running.kill()
                running.reap()

    def _note_ready(self, member: _Member) -> None:
        if member.was_ready:
            self._say(f"{member.child.name} is back")
        member.is_ready = member.was_ready = True
        if self._on_ready and all(each.was_ready for each in self._members):
            tell, self._on_ready = self._on_ready, None
            tell()

    def _next_look_in(self) -> float | None:
        """Seconds; None: only a signal, such as SIGCHLD, brings news."""
        now = self._clock()
        waits = [max(0.0, each.start_at - now) for each in self._members if each.start_at is not None]
        if any(each.running is not None and not each.is_ready for each in self._members):
            waits.append(READY_POLL_S)
        if any(each.running is None and each.start_at is None for each in self._members) and not waits:
            waits.append(0.0)  # the one before it has just become ready
        return min(waits, default=None)

    # Dying

    def _bury_the_dead(self) -> int | None:
        """Notes who died and when it starts again; an exit code when the group must stop."""
        for member in self._members:
            running = member.running
            code = running.exit_code() if running else None
            if running is None or code is None:
                continue
            running.kill()
            member.running = None
            if code == BAD_SET_UP and not member.was_ready:
                return BAD_SET_UP
            if not self._plan_restart(member, running, code):
                return GAVE_UP
        return None

    def _plan_restart(self, member: _Member, running: Running, code: int) -> bool:
        now = self._clock()
        lived = now - running.started_at
        wait = self._restarts.died(member.child.name, now, lived)
        ended = f"{member.child.name} (pid {running.pid}) ended with {how_it_ended(code)} after {lived:.1f} s"
        if wait is None:
            self._say(f"{ended}; {self._policy.deaths} deaths within {self._policy.window_s:g} s: giving up")
            return False
        self._say(f"{ended}; it starts again in {wait:g} s")
        member.start_at = now + wait
        return True

    # Signals and stopping

    def _send_on(self, sign: Signals) -> None:
        """Not to a child that only starts: it may not have a handler yet, and would die of it."""
        for member in self._members:
            if member.running is not None and member.is_ready and sign in member.child.forwards:
                member.running.send(sign)

    def _stop(self, wakeup: Wakeup, result: int) -> int:
        """In reverse order, each with its own deadline; a SIGINT meanwhile ends all at once."""
        for member in self._members:
            if member.running is not None and member.is_ready:
                member.running.drain()
        if not self._wait_for_drain(wakeup):
            self._say("killing what still runs")
            return KILLED
        if self._on_drained:
            self._on_drained()
        for member in reversed(self._members):
            running = member.running
            if running is None:
                continue
            running.ask_to_stop()
            if not self._wait_for_end(wakeup, running):
                self._say("killing what still runs")
                return KILLED
            running.kill()
            member.running = None
        return result

    def _wait_for_drain(self, wakeup: Wakeup) -> bool:
        """False when a person did not want to wait."""
        until = self._clock() + self._drain_s
        while (left := until - self._clock()) > 0:
            if SIGINT in wakeup.wait(left):
                return False
        return True

    def _wait_for_end(self, wakeup: Wakeup, running: Running) -> bool:
        """False when a person did not want to wait."""
        deadline = self._clock() + running.child.stop_within_s
        while running.exit_code() is None:
            left = deadline - self._clock()
            if left <= 0:
                self._say(
                    f"{running.child.name} did not stop within {running.child.stop_within_s:g} s and is killed"
                )
                running.kill()
                running.reap()
                return True
            if SIGINT in wakeup.wait(left):
                return False
        return True

    def _kill_all(self) -> None:
        for member in self._members:
            if member.running is not None:
                member.running.kill()
                member.running.reap()
                member.running = None
