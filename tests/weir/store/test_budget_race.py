"""Many processes at one retry budget at once: together they get exactly what there is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.budget_racer import KEYS, RING
from tests.support.servers import RunningServer
from weir.store.budget import Allowance, Heard, budget_call
from weir.store.connect import connect

RACERS, CAP, RESERVE = 6, 500, 100
START = 1_700_000_000_000


class Racer:
    def __init__(self, url: str, name: str) -> None:
        command = [sys.executable, "-m", "tests.support.budget_racer", url, name, str(CAP), str(RESERVE)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def go(self, at: int) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{at}\n")
        self.process.stdin.flush()

    def stop(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def racers(server: RunningServer) -> Iterator[list[Racer]]:
    made = [Racer(server.url, f"racer-{number}") for number in range(RACERS)]
    yield made
    for racer in made:
        racer.stop()


def race(racers: list[Racer], at: int) -> tuple[int, int]:
    """Units that all of them got and kept, and calls."""
    for racer in racers:
        racer.go(at)
    said = [racer.read().split() for racer in racers]
    return sum(int(got) for got, _ in said), sum(int(asked) for _, asked in said)


def test_racing_processes_get_exactly_what_a_window_has(server: RunningServer, racers: list[Racer]) -> None:
    assert [racer.read() for racer in racers] == ["ready"] * RACERS
    client, window = connect(server.url), RING.width_ms * RING.buckets
    first = budget_call(
        KEYS,
        RING,
        "first",
        Allowance(CAP, 1, RESERVE, 10 * CAP),
        Heard(1, 0, 0),
        want=0,
        at=START,
        history="h",
    )
    client.pipeline([first])
    assert race(racers, START + window)[0] == 0, "quarantine"
    after = START + window + 3 * RING.width_ms
    got, asked = race(racers, after)
    assert got == CAP - RESERVE
    assert asked > CAP // 7
    assert race(racers, after + window)[0] == 0, "eleven buckets hold no more"
    assert race(racers, after + window + RING.width_ms)[0] == CAP - RESERVE
    client.close()
