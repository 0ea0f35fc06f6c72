"""A server with alice, mallory and one application, in process over a real store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.people import CHEAP, Application, Visitor, World, in_process
from weir.secrets import passwords
from weir.store.connect import Client
from weir.store.keys import Keys


@pytest.fixture
def world(client: Client, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name, value in CHEAP.items():
        monkeypatch.setattr(passwords, name, value)
    world = in_process(client, keys)
    world.user("alice")
    world.user("mallory")
    yield world
    world.close()


@pytest.fixture
def web(world: World) -> Application:
    return world.application()


@pytest.fixture
def alice(world: World) -> Visitor:
    return world.visitor()
