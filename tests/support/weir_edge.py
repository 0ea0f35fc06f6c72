"""A real ``weir edge``: supervisor, agent and gunicorn, in a state directory of the test's own, on free ports."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.support.store_roles import flags_as
from tests.support.wait import wait_until

FREE = ("--edge", "127.0.0.1:0", "--status", "127.0.0.1:0")
"""Flags by which the kernel chooses the ports."""


class WeirEdge:
    """A ``weir edge`` process with one worker."""

    def __init__(self, state: Path, *flags: str) -> None:
        self.run_file = state / "run.json"
        self.errors = state.parent / (state.name + ".stderr")
        own = ("--state", str(state), "--workers", "1", *FREE, *flags_as("edge", flags))
        command = [sys.executable, "-m", "edge", *own]
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                command, stderr=errors, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL
            )

    def wait_ready(self) -> dict[str, Any]:
        def addresses() -> dict[str, Any] | None:
            assert self.process.poll() is None, f"the edge ended:\n{self.said()}"
            return json.loads(self.run_file.read_text()) if self.run_file.exists() else None

        return wait_until(addresses, what="run.json", within_s=60)

    def get(self, path: str, which: str = "edge") -> tuple[int, str]:
        """Status and body; 0 and what went wrong if the connection fails."""
        run = json.loads(self.run_file.read_text())
        base = run["edge"][0] if which == "edge" else run["status"]
        try:
            with urllib.request.urlopen(base + path, timeout=20) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, repr(error)

    def children(self) -> dict[str, int]:
        """Name → pid of the supervisor's children."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = entry.read_text().rpartition(")")[2].split()
                command = entry.with_name("cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if int(fields[1]) == self.process.pid:
                found["agent" if b"edge.agent" in command else "gunicorn"] = int(entry.parent.name)
        return found

    def said(self) -> str:
        return self.errors.read_text()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            finally:
                self.process.kill()
                self.process.wait()
