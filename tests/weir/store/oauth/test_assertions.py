from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.servers import RunningServer
from weir.store.connect import Client, connect
from weir.store.keys import Keys
from weir.store.oauth import assertions as module
from weir.store.oauth.assertions import Assertions

FAR_S = 2**34


@pytest.fixture
def assertions(client: Client, keys: Keys) -> Assertions:
    return Assertions(client, keys)


def test_an_assertion_is_good_once_for_each_client(assertions: Assertions) -> None:
    assert assertions.use("web", "j1", FAR_S) == "used"
    assert assertions.use("web", "j1", FAR_S) == "replayed"
    assert assertions.use("other", "j1", FAR_S) == "used"
    assert assertions.use("web\0", "j1", FAR_S) == "used"
    assert assertions.use("web", "j\ud800", FAR_S) == "used"


def test_of_many_at_once_one_is_the_first(server: RunningServer) -> None:
    def use(_: int) -> str:
        own = connect(server.url, timeout_s=10.0)
        try:
            return Assertions(own, Keys("test")).use("web", "j1", FAR_S)
        finally:
            own.close()

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(use, range(8))) == ["replayed"] * 7 + ["used"]


def test_what_is_over_makes_room_and_nothing_else(
    assertions: Assertions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_ASSERTIONS", 2)
    assert assertions.use("web", "over", 1) == "used"
    assert assertions.use("web", "a", FAR_S) == "used"
    assert assertions.use("web", "b", FAR_S) == "used"
    assert assertions.use("web", "c", FAR_S) == "full"
    assert assertions.use("web", "a", FAR_S) == "replayed"
