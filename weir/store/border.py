"""Where foreign exceptions stop: whatever redis-py or the socket raises leaves as StoreAway or StoreError.

The two questions that a caller has are answered here, once: may asking again help (StoreAway), and may the command
have been carried out (``sent``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis import exceptions as foreign

from weir.store.errors import StoreAway, StoreError

_REFUSED_CREDENTIALS = (foreign.AuthenticationError, foreign.AuthorizationError)
_NOT_NOW = (
    foreign.BusyLoadingError,
    foreign.ClusterDownError,
    foreign.MasterDownError,
    foreign.TryAgainError,
    foreign.ReadOnlyError,
    foreign.MaxConnectionsError,
    foreign.AskError,
)
"""Answers of a server that carried nothing out and may do so later, or elsewhere."""
_DEMOTED = "The previous master is now a slave"
"""How redis-py words a READONLY answer on a Sentinel connection; the command was refused as a whole."""


@contextmanager
def foreign_errors(where: str, *, sent: bool) -> Iterator[None]:
    """Translate; ``sent`` says whether a lost connection leaves it open if the command was carried out."""
    try:
        yield
    except _REFUSED_CREDENTIALS as error:
        raise StoreError(f"the store at {where} refuses the user or password: {error}") from error
    except _NOT_NOW as error:
        raise StoreAway(f"the store at {where} cannot serve now: {error}", sent=False) from error
    except (foreign.ConnectionError, foreign.TimeoutError, OSError) as error:
        refused = _DEMOTED in str(error)
        raise StoreAway(
            f"the store at {where} does not answer: {error}", sent=sent and not refused
        ) from error
    except foreign.RedisClusterException as error:
        raise StoreAway(f"the cluster at {where} cannot serve now: {error}", sent=sent) from error
    except foreign.RedisError as error:
        raise StoreError(f"the store at {where} refuses: {error}") from error
