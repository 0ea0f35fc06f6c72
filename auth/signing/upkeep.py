"""The greenlet that looks after the signing keys, in every worker: at its start, and about once a minute."""

from __future__ import annotations

import logging
import random
import threading

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
    while not stopping.wait(pause_after(look_after(signing))):
        pass


def look_after(signing: SigningKeys) -> str:
    """What is wrong, in a sentence that was logged; empty: nothing."""
    try:
        signing.upkeep()
        other = signing.other_issuer()
    except (StoreError, SecretsError) as error:
        problem = f"the signing keys cannot be looked after: {error}"
    else:
        problem = (
            f"another weir auth of this cluster issues as {other}: its --public-url differs" if other else ""
        )
    if problem:
        log.warning("weir auth: %s", problem)
    return problem


def pause_after(problem: str) -> float:
    """Seconds. Not all processes at the same moment."""
    return (RETRY_S if problem else PAUSE_S) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
