from __future__ import annotations

import pytest
from redis import exceptions as foreign

from weir.store.border import foreign_errors
from weir.store.errors import StoreAway, StoreError


def translated(error: Exception, *, sent: bool = True) -> StoreError:
    with pytest.raises(StoreError) as caught, foreign_errors("redis://store", sent=sent):
        raise error
    return caught.value


@pytest.mark.parametrize(
    ("error", "sent"),
    [
        (foreign.ConnectionError("refused"), True),
        (foreign.TimeoutError("slow"), True),
        (OSError("broken pipe"), True),
        (foreign.SlotNotCoveredError("slot"), True),
        (foreign.BusyLoadingError("LOADING"), False),
        (foreign.ReadOnlyError("READONLY"), False),
        (foreign.ClusterDownError("CLUSTERDOWN"), False),
        (foreign.TryAgainError("TRYAGAIN"), False),
        (foreign.MaxConnectionsError("Too many connections"), False),
        (foreign.ConnectionError("The previous master is now a slave"), False),
    ],
)
def test_what_may_pass_is_away_and_says_if_the_command_may_have_been_carried_out(
    error: Exception, sent: bool
) -> None:
    away = translated(error)
    assert isinstance(away, StoreAway)
    assert away.sent is sent
    assert "redis://store" in away.reason


def test_a_failure_before_sending_was_surely_not_carried_out() -> None:
    away = translated(foreign.ConnectionError("refused"), sent=False)
    assert isinstance(away, StoreAway)
    assert not away.sent


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (foreign.AuthenticationError("WRONGPASS"), "refuses the user or password"),
        (foreign.NoPermissionError("NOPERM"), "refuses"),
        (foreign.ResponseError("ERR wrong"), "refuses: ERR wrong"),
        (foreign.OutOfMemoryError("OOM"), "refuses: OOM"),
        (foreign.DataError("bad"), "refuses"),
    ],
)
def test_what_will_not_pass_by_itself_is_an_error_and_not_away(error: Exception, says: str) -> None:
    refused = translated(error)
    assert not isinstance(refused, StoreAway)
    assert says in str(refused)


def test_the_words_by_which_redis_py_reports_a_demoted_master_are_still_its_own() -> None:
    import inspect

    from redis.sentinel import SentinelManagedConnection

    from weir.store import border

    assert border._DEMOTED in inspect.getsource(SentinelManagedConnection.read_response)
