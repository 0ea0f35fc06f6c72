from pathlib import Path

import pytest
import redis

from benchmarks.side_by_side.store import redis_store, script_calls
from tests.support.cores import need_cores


@pytest.fixture(autouse=True)
def _parts() -> None:
    need_cores()


def test_each_script_that_runs_is_one_call_however_it_is_named(tmp_path: Path) -> None:
    with redis_store(tmp_path) as store, redis.Redis(port=store.port) as client:
        assert script_calls(store) == 0
        client.eval("return redis.call('INCR', KEYS[1])", 1, "a")
        client.evalsha(client.script_load("return 1"), 0)
        client.get("a")
        assert script_calls(store) == 2


def test_it_ends_with_the_scenario(tmp_path: Path) -> None:
    with redis_store(tmp_path) as store:
        pass
    with pytest.raises(redis.ConnectionError):
        script_calls(store)
