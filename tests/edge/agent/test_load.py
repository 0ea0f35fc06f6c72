"""How busy a node is."""

from __future__ import annotations

import os
import sys

import pytest

from edge.agent.load import Load, LoadMeter, cpu_seconds


def test_rates_are_those_since_the_last_look() -> None:
    now, requests, cpu = [100.0], [50.0], {1: 10.0, 2: 5.0}
    pids = [1, 2, 3]
    meter = LoadMeter(lambda: requests[0], lambda: 7.0, lambda: pids, lambda: now[0], cpu.get)
    meter.take()
    now[0], requests[0], cpu[1] = 105.0, 150.0, 14.0
    assert meter.take() == Load(20.0, 7, 0.8)
    now[0], pids[:], cpu[3] = 107.0, [3], 100.0
    assert meter.take() == Load(0.0, 7, 0.0), "what a process used before it was seen does not count"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_the_system_says_what_a_process_used() -> None:
    used = cpu_seconds(os.getpid())
    assert used is not None
    assert used > 0


def test_a_process_that_is_gone_has_used_nothing() -> None:
    assert cpu_seconds(2**31 - 1) is None
