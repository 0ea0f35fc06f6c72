"""The greenlet that looks after the signing keys, in every worker: at its start, and about once a minute."""

from __future__ import annotations

import logging
import random
import threading
import time

import gevent

from auth.signing.signing_keys import SigningKeys
from weir.secrets.errors import SecretsError
from weir.store.errors import StoreError

PAUSE_S = 60.0
RETRY_S = 2.0

log = logging.getLogger("weir.auth")


def keep_keys(signing: SigningKeys, stopping: threading.Event) -> gevent.Greenlet[..., None]:
    """Until ``stopping``."""
    return gevent.spawn(_keep, signing, stopping)


def _keep(signing: SigningKeys, stopping: threading.Event) -> None:
    said = Said()
    while True:
        problem = look_after(signing)
        said.say(problem, time.monotonic())
        if stopping.wait(pause_after(problem)):
            return


class Said:
    """Logs a problem when it is new, then once a minute; and that it is over."""

    def __init__(self) -> None:
        self._problem = ""
        self._at_s = 0.0

    def say(self, problem: str, now_s: float) -> None:
        if problem and (problem != self._problem or now_s - self._at_s >= PAUSE_S):
            log.warning("weir auth: %s", problem)
            self._at_s = now_s
        elif self._problem and not problem:
            log.warning("weir auth: the signing keys are looked after again")
        self._problem = problem


def look_after(signing: SigningKeys) -> str:
    """What is wrong, in a sentence; empty: nothing."""
    try:
        signing.upkeep()
        other = signing.other_issuer()
    except (StoreError, SecretsError) as error:
        return f"the signing keys cannot be looked after: {error}"
    return f"another weir auth of this cluster issues as {other}: its --public-url differs" if other else ""


def pause_after(problem: str) -> float:
    """Seconds. Not all processes at the same moment."""
    return (RETRY_S if problem else PAUSE_S) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
