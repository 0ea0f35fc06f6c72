"""A real edge: gunicorn with our worker in a process of its own, on a free loopback port, and a small agent beside it.

The agent is the other end of the workers' socket: it tells them of versions and keeps what they report.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from edge.link import frames
from edge.versions.files import VersionFiles
from tests.support.credentials import Credentials
from tests.support.raw_client import RawClient
from tests.support.shared_secrets import SharedSecrets
from tests.support.versions import write_version
from tests.support.wait import wait_until
from weir.secrets.ring_file import ensure_ring

_MAIN = """
import sys
from weir import monkey; monkey.patch_all()
import json
from pathlib import Path
from edge.prefork.application import GunicornOptions, run_gunicorn
from edge.retry import tries
tries.TAKE_WAIT_S = 10.0  # the small agent may be slow on a busy machine
options = json.loads(sys.argv[1])
options["binds"] = tuple(options["binds"])
options["versions"] = Path(options["versions"])
options["agent_socket"] = Path(options["agent_socket"])
options["secrets"] = Path(options["secrets"])
run_gunicorn(GunicornOptions(**options))
"""


class SmallAgent:
    """Tells every connected worker of the version in ``tell``, lends retries to all; keeps the frames that came."""

    def __init__(self, path: Path, credentials: Credentials) -> None:
        """``credentials``: what it knows of them."""
        self.credentials = credentials
        self.messages: list[dict[str, Any]] = []
        self.version = ("", 0)
        self._connections: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def tell(self, incarnation: str, number: int) -> None:
        self.version = (incarnation, number)
        for connection in list(self._connections):
            self._tell(connection)

    def announce(self, topic: str, body: Any) -> None:
        """News for the workers that are connected."""
        for connection in list(self._connections):
            frames.send(connection, {"kind": "news", "topic": topic, "body": body})

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["kind"] == kind]

    def stop(self) -> None:
        """As if the agent had died."""
        self._listener.close()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _answer(self, topic: str, body: Any) -> Any:
        """As many retries as anybody asks for; of what is neither that nor a credential it knows nothing."""
        if topic != "budget":
            return self.credentials.answer(topic, body)
        if "need" not in body:
            return {"share": 0, "until": 0.0}
        until = time.clock_gettime(time.CLOCK_BOOTTIME) + 60.0
        return {"why": "", "again": 0.0, "units": body["want"], "bucket": 1, "until": until}

    def _tell(self, connection: socket.socket) -> None:
        incarnation, number = self.version
        try:
            frames.send(connection, {"kind": "version", "incarnation": incarnation, "number": number})
        except OSError:
            self._connections.remove(connection)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            threading.Thread(target=self._read, args=(connection,), daemon=True).start()

    def _read(self, connection: socket.socket) -> None:
        pid = 0
        try:
            while (message := frames.read(connection)) is not None:
                pid = message.get("pid", pid)
                self.messages.append({**message, "pid": pid})
                if message["kind"] == "hello":
                    self._tell(connection)
                elif message["kind"] == "asks":
                    items = [[number, self._answer(topic, body)] for number, topic, body in message["items"]]
                    frames.send(connection, {"kind": "replies", "items": items})
        except (OSError, frames.FrameError):
            return


class EdgeProcess:
    """``publish`` rules, then talk to ``port``; ``stop`` in the end. It has the key ring of ``credentials``."""

    def __init__(self, directory: Path, rules: str, *, workers: int = 1, **options: Any) -> None:
        self.directory = directory
        self.files = VersionFiles(directory / "version")
        self.number = 0
        self.workers = workers
        self._log = directory / "access.log"
        self.credentials = SharedSecrets(ensure_ring(directory / "secrets.json"))
        self.agent = SmallAgent(directory / "agent", self.credentials)
        self.write(rules)
        self.agent.version = ("test", self.number)
        listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = listener.getsockname()[1]
        settings = {
            "binds": [f"fd://{listener.fileno()}"],
            "workers": workers,
            "versions": str(self.files.directory),
            "agent_socket": str(directory / "agent"),
            "secrets": str(directory / "secrets.json"),
            "access_log": str(self._log),
            "drain_timeout_s": 5,
            **options,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", _MAIN, json.dumps(settings)],
            pass_fds=[listener.fileno()],
            cwd=Path(__file__).parents[2],
            stderr=(directory / "stderr").open("w"),
        )
        listener.close()
        wait_until(self._serving, what="the edge serves its first version")

    def write(self, rules: str) -> None:
        """The version on disk; nobody is told."""
        self.number += 1
        write_version(self.files, rules, self.number)

    def publish(self, rules: str) -> None:
        """Returns when every worker serves it."""
        self.write(rules)
        self.agent.tell("test", self.number)
        wait_until(
            lambda: self.workers_on(self.number) >= self.workers, what=f"version {self.number} is served"
        )

    def workers_on(self, number: int) -> int:
        """How many of the present workers said that they serve it."""
        present = set(self.worker_pids())
        said = {message["pid"] for message in self.agent.of_kind("applied") if message["number"] == number}
        return len(said & present)

    def client(self) -> RawClient:
        return RawClient(self.port)

    def log(self) -> list[dict[str, Any]]:
        """The lines of the access log so far."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [json.loads(line) for line in lines]

    def logged(self, count: int) -> list[dict[str, Any]]:
        """Waits for so many lines in all."""
        wait_until(lambda: len(self.log()) >= count, what=f"{count} lines in the access log")
        return self.log()

    def worker_pids(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def stop(self) -> int:
        """Graceful; the exit code."""
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGTERM)
        code = self.process.wait(timeout=30)
        self.agent.stop()
        return code

    def stderr(self) -> str:
        return (self.directory / "stderr").read_text()

    def _serving(self) -> bool:
        assert self.process.poll() is None, f"the edge ended: {self.stderr()}"
        return self.workers_on(self.number) >= self.workers
