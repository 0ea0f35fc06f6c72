"""One gateway for all tests of commands that speak to the API: ``weir up`` with an empty configuration of owner api."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.weir_command import Commands
from tests.support.weir_gateway import Gateway
from tests.support.weir_up import WeirUp
from weir.client.access import find
from weir.client.client import Client

EMPTY = "language 1\n"


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    state = tmp_path_factory.mktemp("gateway") / "state"
    up = WeirUp(state)
    try:
        up.ready()
        weir = Commands(state, tmp_path_factory.mktemp("home"))
        with Client.at(find(weir.variables, state=state)) as client:
            yield Gateway(up, weir, client)
    finally:
        up.close()


@pytest.fixture
def gateway(running: Gateway) -> Gateway:
    """Owner api has nothing, whatever a test before this one left."""
    running.publish(EMPTY)
    return running


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A file for rules."""
    return tmp_path / "rules.weir"
