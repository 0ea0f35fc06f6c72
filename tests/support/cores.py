"""What the gateways of ``make bench`` are pinned with."""

from __future__ import annotations

import os

import pytest

from tests.support.parts import need


def need_cores() -> None:
    """Skips where programs cannot be kept to the first or the second core."""
    need("taskset")
    if not {0, 1} <= os.sched_getaffinity(0):
        pytest.skip("needs two cores, and this machine gives one")
