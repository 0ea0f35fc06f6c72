"""Machines of a cluster as network namespaces: each with a way to everything and a cable of its own to the store.

Root only, on addresses 10.231.0.0/16 that leave this machine nowhere. What is made is taken down again.
"""

from __future__ import annotations

import os
import subprocess
from types import TracebackType

import pytest

from tests.support.parts import need

UPSTREAM = "10.231.0.2"
"""Of this machine, as all namespaces see it."""


class Machine:
    """``number`` from 1 to 99."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.name = f"weir{os.getpid() % 10_000}-{number}"
        self.address = f"10.231.{100 + number}.2"
        self.store_address = f"10.231.{number}.1"
        """Where the store listens for this machine."""
        self._ways = (f"ww{number}", f"ws{number}")

    def command(self, *words: str) -> list[str]:
        """As a process inside."""
        return ["ip", "netns", "exec", self.name, *words]

    def up(self) -> None:
        ip("netns", "add", self.name)
        ip("-n", self.name, "link", "set", "lo", "up")
        for way, net in zip(self._ways, (100 + self.number, self.number), strict=True):
            ip("link", "add", way, "type", "veth", "peer", "name", "inside", "netns", self.name)
            ip("-n", self.name, "link", "set", "inside", "name", f"in-{way}")
            ip("addr", "add", f"10.231.{net}.1/30", "dev", way)
            ip("-n", self.name, "addr", "add", f"10.231.{net}.2/30", "dev", f"in-{way}")
            ip("link", "set", way, "up")
            ip("-n", self.name, "link", "set", f"in-{way}", "up")
        ip("-n", self.name, "route", "add", "default", "via", f"10.231.{100 + self.number}.1")

    def store_cable(self, state: str) -> None:
        """``down``: nothing comes through and nobody is told; ``up``."""
        ip("link", "set", self._ways[1], state)

    def down(self) -> None:
        for way in self._ways:
            subprocess.run(["ip", "link", "del", way], capture_output=True)
        subprocess.run(["ip", "netns", "del", self.name], capture_output=True)


class Machines:
    """``with Machines(2) as machines: …``; skips where the test may not make them."""

    def __init__(self, count: int) -> None:
        need("ip")
        if os.geteuid() != 0:
            pytest.skip("needs to be root: network namespaces")
        self._machines = [Machine(number + 1) for number in range(count)]

    def __enter__(self) -> list[Machine]:
        try:
            ip("addr", "add", f"{UPSTREAM}/32", "dev", "lo")
            for machine in self._machines:
                machine.up()
        except subprocess.CalledProcessError as error:
            self._down()
            pytest.skip(f"needs network namespaces: {error.stderr.decode().strip()}")
        return self._machines

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._down()

    def _down(self) -> None:
        for machine in self._machines:
            machine.down()
        subprocess.run(["ip", "addr", "del", f"{UPSTREAM}/32", "dev", "lo"], capture_output=True)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
