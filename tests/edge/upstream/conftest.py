"""What the tests of upstreams share: a running sweeper, and descriptors counted before and after."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.deadlines import Sweeper


@pytest.fixture
def sweeper() -> Iterator[Sweeper]:
    sweeper = Sweeper(every_s=0.01)
    sweeper.start()
    yield sweeper
    sweeper.stop()


def open_sockets() -> frozenset[str]:
    """Sockets of this process, by inode; what is garbage already is collected first."""
    gc.collect()
    links = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            links.append(str(entry.readlink()))
        except FileNotFoundError:
            continue
    return frozenset(link for link in links if link.startswith("socket:"))


@pytest.fixture
def no_leak() -> Iterator[None]:
    """The test closes every socket that it opened, by itself or through what it tests."""
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("no /proc here to count descriptors in")
    before = open_sockets()
    yield
    # Sockets of tests before this one may still go meanwhile; none may have come.
    assert open_sockets() - before == frozenset()
