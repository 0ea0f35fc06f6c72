"""One application for each role of a module: making it takes longer than most calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from tests.support.accounts import Accounts
from tests.support.servers import RunningServer
from weir.api.operation import Role
from weir.store.connect import Client, connect


@pytest.fixture(scope="module")
def made(store: RunningServer) -> Iterator[Callable[[Role], Accounts]]:
    connection = connect(store.url, timeout_s=10.0)
    yield cache(lambda role: Accounts(connection, role))
    connection.close()


@pytest.fixture
def accounts_as(made: Callable[[Role], Accounts], client: Client) -> Callable[[Role], Accounts]:
    """Of an empty store, with an empty audit log."""

    def accounts_as(role: Role) -> Accounts:
        found = made(role)
        found.noted.clear()
        return found

    return accounts_as
