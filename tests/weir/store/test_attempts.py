"""Attempts that may turn out wrong."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.servers import RunningServer
from weir.store.attempts import Attempts, Bound
from weir.store.connect import Client
from weir.store.keys import Keys

ADDRESS = Bound("login-address 192.0.2.1", 3, 60_000)
NAME = Bound("login-name alice", 5, 300_000)


@pytest.fixture
def attempts(client: Client, keys: Keys) -> Attempts:
    return Attempts(client, keys)


def test_as_many_pass_as_the_tighter_bound_allows(attempts: Attempts) -> None:
    waits = [attempts.take(ADDRESS, NAME) for _ in range(4)]
    assert waits[:3] == [0, 0, 0]
    assert 0 < waits[3] <= 60_000


def test_where_one_bound_is_reached_the_other_is_not_counted(attempts: Attempts) -> None:
    for _ in range(10):
        attempts.take(ADDRESS, NAME)
    other = ADDRESS._replace(subject="login-address 192.0.2.2")
    assert [attempts.take(other, NAME) == 0 for _ in range(3)] == [True, True, False]


def test_of_many_at_once_exactly_the_bound_passes(attempts: Attempts) -> None:
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: attempts.take(ADDRESS, NAME), range(40)))
    assert waits.count(0) == 3


def test_a_right_attempt_counts_no_more(attempts: Attempts) -> None:
    for _ in range(10):
        assert attempts.take(ADDRESS, NAME) == 0
        attempts.take_back(ADDRESS, NAME)


def test_taking_back_what_is_forgotten_makes_no_room(attempts: Attempts, server: RunningServer) -> None:
    attempts.take_back(ADDRESS, NAME)
    assert [attempts.take(ADDRESS, NAME) == 0 for _ in range(4)] == [True, True, True, False]
    server.admin().flushall()
    attempts.take_back(ADDRESS, NAME)
    assert not server.admin().keys("*")


def test_a_window_ends(attempts: Attempts) -> None:
    soon = Bound("a", 1, 1)
    while attempts.take(soon, NAME._replace(most=10_000)) == 0:
        pass
    while attempts.take(soon, NAME._replace(most=10_000)) != 0:
        pass


def test_every_count_ends_and_no_subject_stands_in_a_key(attempts: Attempts, server: RunningServer) -> None:
    attempts.take(ADDRESS, NAME)
    assert len(server.admin().keys("*")) == 2
    for key in server.admin().keys("*"):
        assert b"alice" not in key
        assert b"192.0.2.1" not in key
        assert 0 < server.admin().pttl(key) <= 300_000
