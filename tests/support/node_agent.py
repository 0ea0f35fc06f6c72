"""A real node agent in its own process, and workers that speak the frames but serve nothing."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.link import frames
from edge.settings import EdgeSettings
from edge.versions.files import VersionFiles
from tests.support.store_roles import flags_as
from tests.support.wait import wait_until
from weir.models.document import Owner
from weir.rules.parser import parse
from weir.store.connect import connect
from weir.store.keys import Keys
from weir.store.publish import Draft, Outcome, Publisher
from weir.store.versions import Head, Versions


class StoreSide:
    """What somebody else does to the store, at ``url``."""

    def __init__(self, url: str) -> None:
        self.url = url
        client, keys = connect(url), Keys("default")
        self.versions = Versions(client, keys)
        self.publisher = Publisher(client, keys)

    def publish(self, text: str, owner: Owner = "api", author: str = "alice") -> Outcome:
        """On top of whatever is there."""
        head = self.head()
        draft = Draft(
            owner=owner,
            base=head.owners.get(owner, 0) if head else 0,
            author=author,
            incarnation=head.incarnation if head else "",
        )
        return self.publisher.publish(draft, parse(text).document)

    def head(self) -> Head | None:
        return self.versions.head()

    def number(self) -> int:
        head = self.head()
        return head.number if head else 0

    def definitions(self, owner: Owner) -> tuple[Any, ...]:
        return self.versions.document(owner).definitions


class FakeWorker:
    """Says hello and applies whatever it is told, if the files can be read; connects again when it loses the agent."""

    def __init__(self, path: Path, files: VersionFiles, *, applies: bool = True) -> None:
        self.applied: list[tuple[str, int]] = []
        self.failed: list[str] = []
        self.heard: list[dict[str, Any]] = []
        """Messages of other kinds: news, and answers to what was sent."""
        self.is_met = False
        """Whether an agent has heard its hello."""
        self._path = path
        self._files = files
        self._applies = applies
        self._stopped = threading.Event()
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def number(self) -> int:
        """Of the version it serves; -1 before it was ever told."""
        return self.applied[-1][1] if self.applied else -1

    def send(self, message: dict[str, Any]) -> None:
        assert self._socket is not None
        frames.send(self._socket, message)

    def stop(self) -> None:
        self._stopped.set()
        if self._socket is not None:
            self._socket.close()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(0.02):
            with socket.socket(socket.AF_UNIX) as sock:
                sock.settimeout(0.1)
                try:
                    sock.connect(str(self._path))
                    self._socket = sock
                    self._serve(sock)
                except (OSError, frames.FrameError):
                    continue

    def _serve(self, sock: socket.socket) -> None:
        frames.send(sock, {"kind": "hello", "pid": os.getpid(), "worker": 1})
        self.is_met = True
        if self.applied:
            self._answer(sock, self.applied[-1])
        while not self._stopped.is_set():
            try:
                sock.settimeout(None if self._stopped.is_set() else 0.1)
                first = sock.recv(1, socket.MSG_PEEK)
            except TimeoutError:
                continue
            sock.settimeout(10)
            message = frames.read(sock) if first else None
            if message is None:
                return
            if message["kind"] != "version":
                self.heard.append(message)
                continue
            self._load(sock, (message["incarnation"], message["number"]))

    def _load(self, sock: socket.socket, version: tuple[str, int]) -> None:
        manifest = self._files.manifest()
        if not self._applies:
            return
        if version == ("", 0) and manifest is None:
            self._answer(sock, version)
            return
        broken = self._files.missing(manifest) if manifest else ("manifest",)
        if manifest is None or broken:
            self.failed.append(str(broken))
            reason = {"kind": "refused", "incarnation": version[0], "number": version[1], "reason": "files"}
            frames.send(sock, reason)
            return
        self._answer(sock, (manifest.incarnation, manifest.number))

    def _answer(self, sock: socket.socket, version: tuple[str, int]) -> None:
        self.applied.append(version)
        frames.send(sock, {"kind": "applied", "incarnation": version[0], "number": version[1], "took_ms": 1})


class AgentProcess:
    """``python -m edge.agent`` with a status listener of the test's."""

    def __init__(self, state: Path, store: str, *flags: str) -> None:
        given = flags_as("edge", ("--redis", store, *flags))
        self.arguments = ["--state", str(state), *given]
        self.settings = EdgeSettings.from_arguments(self.arguments, {})
        self.settings.node_directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.link = self.settings.node_directory / "agent.sock"
        self.files = VersionFiles(self.settings.versions)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.errors = state / "stderr"
        self.workers: list[FakeWorker] = []
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> AgentProcess:
        """Starts it and waits until it answers; also after ``kill``."""
        fd = self.listener.fileno()
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "edge.agent", str(fd), str(self.link), *self.arguments],
                pass_fds=(fd,),
                stderr=errors,
            )
        wait_until(self._answers, what="the agent")
        return self

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the agent ended:\n{self.said()}"
        return self.get("/healthz")[0] == 200

    def worker(self, *, applies: bool = True) -> FakeWorker:
        self.workers.append(FakeWorker(self.link, self.files, applies=applies))
        return self.workers[-1]

    def get(self, path: str) -> tuple[int, str]:
        """Status and body; 0 if nobody answers."""
        url = f"http://127.0.0.1:{self.listener.getsockname()[1]}{path}"
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def ready(self) -> dict[str, Any]:
        """The body of ``/readyz`` with its ``code``."""
        code, body = self.get("/readyz")
        return {"code": code, **(json.loads(body) if body else {"status": "", "reasons": []})}

    def wait_for(self, check: Callable[[dict[str, Any]], Any], what: str = "readiness") -> dict[str, Any]:
        """The first ``ready()`` for which ``check`` holds."""
        seen: dict[str, Any] = {}

        def look() -> bool:
            seen.clear()
            seen.update(self.ready())
            return bool(check(seen))

        try:
            wait_until(look, what=what)
        except AssertionError as error:
            raise AssertionError(f"{error}; last {seen}; the agent said:\n{self.said()}") from None
        return seen

    def wait_ok(self) -> dict[str, Any]:
        return self.wait_for(lambda ready: ready["code"] == 200 and ready["status"] == "ok", "status ok")

    def metric(self, name: str) -> float:
        """A series as it stands in ``/metrics``, such as ``weir_store_state{state="store_empty"}``."""
        found = re.search(rf"^{re.escape(name)} (\S+)$", self.get("/metrics")[1], re.MULTILINE)
        assert found, f"{name} is not in /metrics"
        return float(found[1])

    def said(self) -> str:
        return self.errors.read_text()

    def signal(self, sign: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(sign)

    def kill(self) -> None:
        """As a crash."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        """As its supervisor does; ``start`` begins the next life."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            finally:
                self.process.kill()
                self.process.wait()

    def stop(self) -> None:
        for worker in self.workers:
            worker.stop()
        self.end()
        self.listener.close()
