"""The embedded store: everything about one server in a state directory except keeping it alive.

``prepare`` writes its configuration and says what to run; a supervisor runs it. Rules:

* Whoever prepares holds the state directory's lock (``weir.processes.lock``) and has called ``end_server``: two
  servers on one append-only file both start without an error and spoil it, and one may have outlived its supervisor.
* It listens on a unix socket (mode 700, in a directory of mode 700). Where the path is too long for the kernel it
  listens on loopback, behind a random password; so the URL may hold a password and belongs into a child's
  environment, not into its arguments.
* Every write goes to an append-only file, which the server syncs once a second in the background: a slow disk then
  never stops the lookups of the data plane, as ``appendfsync always`` would. A publish waits for that sync by itself
  (``durability``); after an idle second it comes at once.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from weir.store.binary import ServerBinary
from weir.store.connect import connect
from weir.store.data_writer import ServerVersion, record_writer, writer_of
from weir.store.errors import StoreAway, StoreError
from weir.store.url import StoreUrl, parse_url

FOLDER = "store"
"""In the state directory."""
MAX_SOCKET_PATH = 107 if sys.platform == "linux" else 103
"""Bytes; what ``sockaddr_un`` holds besides the ending NUL."""
_POLL_S = 0.02


class EmbeddedStore(NamedTuple):
    """What to run, and how to reach it."""

    argv: tuple[str, ...]
    environment: dict[str, str]
    """All of it."""
    url: str
    """May hold a password."""
    directory: Path

    def wait_ready(self, deadline_s: float, alive: Callable[[], bool] = lambda: True) -> None:
        """Return when it serves; raises StoreAway if it does not within ``deadline_s``, or is no longer ``alive``."""
        ends_s = time.monotonic() + deadline_s
        client = connect(self.url, timeout_s=1.0)
        try:
            while True:
                try:
                    client.server()
                    return
                except StoreAway as error:
                    if not alive():
                        raise StoreAway(
                            f"the embedded store ended before it was ready; {self.directory / 'server.log'} says why"
                        ) from error
                    if time.monotonic() >= ends_s:
                        raise StoreAway(
                            f"the embedded store was not ready within {deadline_s:g} s: {error.reason}"
                        ) from error
                time.sleep(_POLL_S)
        finally:
            client.close()


class LiveServer(NamedTuple):
    """A server of this state that answers."""

    pid: int
    url: str


def prepare(state: Path, binary: ServerBinary) -> EmbeddedStore:
    """Write the server's configuration into ``<state>/store``; raises StoreError if it cannot be written."""
    directory = state.absolute() / FOLDER
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
        url, listen = _address(directory)
        configuration = directory / "server.conf"
        _write_private(configuration, "\n".join([*_settings(directory), *listen, ""]))
        _write_private(directory / "url", url)
        record_writer(directory, ServerVersion(binary.name, binary.version))
    except OSError as error:
        raise StoreError(f"the embedded store cannot use {directory}: {error.strerror}") from error
    # Said here too: were the file not read, a server with default settings would listen on every interface.
    port = ("--port", "0") if url.startswith("unix:") else ()
    argv = (str(binary.path), _unglobbed(str(configuration)), *port)
    return EmbeddedStore(argv, {"LC_ALL": "C"}, url, directory)


def data_written_by(state: Path) -> ServerVersion | None:
    """Which server wrote the data of this state, for ``find_server``; None if there is none yet."""
    return writer_of(state.absolute() / FOLDER)


def live_server(state: Path) -> LiveServer | None:
    """The server of this state that runs now, whoever started it; None if there is none.

    Raises StoreAway if it runs and does not answer.
    """
    directory = state.absolute() / FOLDER
    try:
        url = (directory / "url").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"the state directory {state} cannot be read: {error.strerror}") from error
    parsed = parse_url(url)
    if not _listens(parsed):
        return None
    client = connect(url, timeout_s=2.0)
    try:
        with client.session("") as session:
            return LiveServer(int(session.call("INFO", "server")["process_id"]), url)
    except StoreAway as error:
        pid = _recorded_pid(directory)
        if parsed.kind != "unix" and not pid:
            return None
        raise StoreAway(
            f"the server of {state}, process {pid or 'unknown'}, runs but does not answer; end it first: {error.reason}"
        ) from error
    except StoreError:
        if parsed.kind == "unix":
            raise
        # Another program has the port by now: it knows neither our password nor perhaps our protocol.
        return None
    finally:
        client.close()


def end_server(state: Path, timeout_s: float = 10.0) -> bool:
    """End the server of this state that outlived its supervisor, with all it knows on disk; False if there is none.

    Raises StoreError if it refuses, or is still there after ``timeout_s``.
    """
    server = live_server(state)
    if server is None:
        return False
    client = connect(server.url, timeout_s=timeout_s)
    try:
        with client.session("") as session:
            session.call("SHUTDOWN")
    except StoreAway:
        # The answer to SHUTDOWN is that the connection ends.
        pass
    finally:
        client.close()
    ends_s = time.monotonic() + timeout_s
    while _listens(parse_url(server.url)):
        if time.monotonic() >= ends_s:
            raise StoreError(
                f"the server of {state}, process {server.pid}, did not end within {timeout_s:g} s"
            )
        time.sleep(_POLL_S)
    return True


def _recorded_pid(directory: Path) -> int:
    """The pid that the server wrote when it started, if such a process lives; else 0."""
    try:
        pid = int((directory / "server.pid").read_text(encoding="utf-8"))
        os.kill(pid, 0)
    except (OSError, ValueError):
        return 0
    return pid


def _address(directory: Path) -> tuple[str, list[str]]:
    """The URL, and the lines of configuration that make the server listen there."""
    path = str(directory / "store.sock")
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
        lines = ["port 0", f"unixsocket {_quoted(path)}", "unixsocketperm 700"]
        return f"unix://{quote(path)}", lines
    port, password = _free_port(), secrets.token_hex(32)
    lines = ["bind 127.0.0.1", f"port {port}", "protected-mode yes", f"requirepass {password}"]
    return f"redis://:{password}@127.0.0.1:{port}/0", lines


def _settings(directory: Path) -> list[str]:
    return [
        f"dir {_quoted(str(directory))}",
        f"logfile {_quoted(str(directory / 'server.log'))}",
        f"pidfile {_quoted(str(directory / 'server.pid'))}",
        "daemonize no",
        "databases 1",
        "appendonly yes",
        "appendfsync everysec",
        'save ""',
        "maxmemory-policy noeviction",
        "enable-debug-command no",
        "enable-module-command no",
    ]


def _quoted(text: str) -> str:
    """As the server's configuration reader unquotes it."""
    if "\n" in text or "\r" in text or "\0" in text:
        raise StoreError(f"the embedded store cannot live at {text!r}: the path has a line break")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unglobbed(path: str) -> str:
    """The server takes a path with ``*``, ``?`` or ``[`` for a pattern, and goes on without a file if none matches."""
    if not re.search(r"[*?\[]", path):
        return path
    return re.sub(r"([*?\[\]\\])", r"\\\1", path)


def _write_private(path: Path, text: str) -> None:
    """Whole or not at all, mode 600 from the first byte."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(
        os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)
    draft.replace(path)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(url: StoreUrl) -> bool:
    family = socket.AF_UNIX if url.kind == "unix" else socket.AF_INET
    with socket.socket(family) as probe:
        probe.settimeout(2.0)
        try:
            probe.connect(url.path if url.kind == "unix" else url.hosts[0])
        except TimeoutError:
            return True
        except OSError:
            return False
        return True
