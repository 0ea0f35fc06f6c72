"""Follows ``--config FILE``: its content is published as owner ``file`` at first sight and at every change.

A content that this node has published before is not published again, so that a restart does not undo what somebody
published since. A file with errors is reported with its places, and the rules before stay in force. Warnings are told
afterwards: a publish does not wait for them. Nothing is ever published into a store that this node's identity forbids
to follow: an empty or foreign store waits for ``weir adopt``.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeAlias

import gevent

from edge.agent.config_memory import ConfigMemory
from edge.agent.facts import Facts
from edge.agent.file_watch import FileWatch
from edge.agent.metrics import StateMetrics
from edge.agent.rules_reader import Rules, RulesReader, warnings_of
from edge.agent.store_parts import StoreParts
from edge.agent.throttle import Throttle
from weir.models.problem import Problem, Refused
from weir.rules.reparse import Read
from weir.store.errors import StoreError
from weir.store.publish import (
    AlreadyPublished,
    Behind,
    Conflict,
    Draft,
    Empty,
    Foreign,
    Outcome,
    Published,
    Unchanged,
    Unknown,
    new_publish_id,
)

POLL_S = 0.25
"""Seconds between two looks at the file."""
SOON_S = 0.1
"""The same while it changes; a content counts when two looks in a row see the same."""
AGAIN_S = 0.5
"""Seconds until the next try to publish after one that did not come through."""
GONE_LOOKS = 10
"""Looks in a row that must fail before the file is reported: an editor that renames is quicker."""
MAX_SHOWN = 20
"""Problems kept for ``/readyz``."""

Verdict: TypeAlias = Literal["done", "again", "wait"]

log = logging.getLogger("weir.agent")


class ConfigFile:
    """``say`` gets the lines for the person who edits the file."""

    def __init__(
        self,
        path: Path,
        node: str,
        store: StoreParts,
        facts: Facts,
        memory: ConfigMemory,
        metrics: StateMetrics,
        *,
        say: Callable[[str], None],
    ) -> None:
        self._path = path
        self._node = node
        self._store = store
        self._facts = facts
        self._memory = memory
        self._metrics = metrics
        self._say = say
        self._watch = FileWatch(path)
        self._reader = RulesReader()
        self._unwarned: Read | None = None
        """What nobody has looked at for warnings yet."""
        self._newest: Read | None = None
        """Warnings of anything else are of no interest any more."""
        self._throttle = Throttle(log)
        self._hash = ""
        self._rules: Rules | None = None
        """What is to be published."""
        self._publish_id = ""
        self._failed_looks = 0

    def run(self) -> None:
        """Never ends; the agent kills the greenlet."""
        try:
            while True:
                gevent.sleep(self.step())
        finally:
            self._newest = None

    def step(self) -> float:
        """One look at the file and, if something is to be published, one try; returns the seconds until the next."""
        self._look()
        is_done = self._rules is None or self._try(self._rules)
        if self._unwarned is not None:
            gevent.spawn(self._warn, self._unwarned)
            self._unwarned = None
        if not is_done:
            return AGAIN_S
        return POLL_S if self._watch.is_settled and not self._failed_looks else SOON_S

    def again(self) -> None:
        """The file counts as new: the store that it was published into is given up."""
        self._hash = ""
        self._watch.forget()
        self._report((), "pending")

    def _look(self) -> None:
        try:
            content = self._watch.look()
        except OSError as error:
            self._unreadable(error)
            return
        if self._failed_looks >= GONE_LOOKS:
            self._say(f"{self._path} can be read again")
            self._hash = ""
            self._watch.forget()
        self._failed_looks = 0
        if content is not None:
            self._take(content)

    def _unreadable(self, error: OSError) -> None:
        self._failed_looks += 1
        if self._failed_looks == GONE_LOOKS:
            sentence = (
                f"{self._path} cannot be read: {error.strerror or error}; the rules before stay in force"
            )
            self._say(sentence)
            self._report((sentence,), "error")

    def _take(self, content: bytes) -> None:
        """Checks a new content; ten thousand rules take seconds at first, hence not in the loop's own thread."""
        content_hash = hashlib.sha256(content).hexdigest()
        if content_hash == self._hash:
            return
        self._hash = content_hash
        self._newest = self._unwarned = None
        rules = gevent.get_hub().threadpool.apply(_read, (self._reader, content))
        if isinstance(rules, Refused):
            self._refuse(rules.problems)
            return
        self._newest = self._unwarned = rules.read
        self._rules, self._publish_id = rules, new_publish_id()
        self._report((), "pending")

    def _warn(self, read: Read) -> None:
        """In a greenlet of its own, while the file is watched on; a newer content ends it."""
        found = gevent.get_hub().threadpool.apply(warnings_of, (read, lambda: self._newest is read))
        if found is not None and self._newest is read:
            for warning in found[:MAX_SHOWN]:
                self._say(warning.text(self._path.name))

    def _refuse(self, problems: tuple[Problem, ...]) -> None:
        lines = tuple(problem.text(self._path.name) for problem in problems)
        for line in lines:
            self._say(line)
        self._say(f"{self._path.name} has errors; the rules before stay in force")
        self._rules = None
        self._report(lines[:MAX_SHOWN], "error")

    def _try(self, rules: Rules) -> bool:
        """Whether the content is where it belongs; otherwise it is tried again later."""
        if self._facts.store != "up":
            return False
        if self._facts.store_trouble:
            self._facts.config = "waiting"
            return False
        try:
            return self._publish(rules)
        except StoreError as error:
            self._throttle.warning(f"{self._path.name} is not published yet: {error}")
        except OSError as error:
            self._throttle.warning(f"what was published cannot be remembered: {error}")
        return False

    def _publish(self, rules: Rules) -> bool:
        head = self._store.versions.head()
        held = self._facts.held
        incarnation = head.incarnation if head else ""
        if held is not None and (
            head is None or head.incarnation != held.incarnation or head.number < held.number
        ):
            return False  # the follower will say what this is
        if incarnation and self._memory.holds(self._hash, incarnation):
            self._done()
            return True
        draft = Draft(
            owner="file",
            base=head.owners.get("file", 0) if head else 0,
            author=self._node,
            message=f"from {self._path.name}",
            publish_id=self._publish_id,
            incarnation=incarnation,
        )
        outcome = self._store.publisher.publish_chunks(draft, rules.chunks)
        if self._after(outcome) != "done":
            return False
        now = self._store.versions.head()
        self._memory.remember(self._hash, now.incarnation if now else incarnation)
        self._done()
        return True

    def _after(self, outcome: Outcome) -> Verdict:
        """What an answer of the store means for the file."""
        match outcome:
            case Published(number=number) | AlreadyPublished(number=number):
                self._metrics.published.inc()
                log.info("%s is version %d", self._path.name, number)
                return "done"
            case Unchanged():
                return "done"
            case Conflict(number=number, author=author):
                # Another node's file, most often the same one: on top of it this content is new or unchanged.
                log.info("%s met version %d of %s; it is tried on top of it", self._path.name, number, author)
                self._publish_id = new_publish_id()
                return "again"
            case Unknown(reason=reason):
                self._throttle.warning(f"whether {self._path.name} is published is not known yet: {reason}")
                return "again"  # with the same publish id: it becomes one version
            case Behind() | Foreign() | Empty():
                self._throttle.warning(
                    f"{self._path.name} waits: the store is not the one that this node follows"
                )
                return "wait"

    def _done(self) -> None:
        self._rules = None
        self._report((), "published")

    def _report(self, problems: tuple[str, ...], state: Literal["pending", "published", "error"]) -> None:
        self._facts.config, self._facts.config_problems = state, problems


def _read(reader: RulesReader, content: bytes) -> Rules | Refused:
    """In a thread of the pool, which would print what is raised there with a traceback."""
    try:
        return reader.read(content)
    except Refused as refused:
        return refused
