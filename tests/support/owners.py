"""Which process holds the other end of a connection, as the kernel tells it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.support.raw_client import RawClient
from tests.support.wait import wait_until


def owners(clients: Sequence[RawClient], pids: Iterable[int]) -> list[int]:
    """For each client, which of ``pids`` accepted it; waits until all are accepted."""
    known = list(pids)
    return [
        wait_until(lambda client=client: owner(client, known), what="it is accepted") for client in clients
    ]


def owner(client: RawClient, pids: Iterable[int]) -> int:
    """0 if none has, or has no more."""
    here, there = client.sock.getsockname()[1], client.sock.getpeername()[1]
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        local, remote = (int(address.rpartition(":")[2], 16) for address in fields[1:3])
        if (local, remote) == (there, here):
            link = f"socket:[{fields[9]}]"
            return next((pid for pid in pids if _holds(pid, link)), 0)
    return 0


def _holds(pid: int, link: str) -> bool:
    try:
        return any(str(entry.readlink()) == link for entry in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False
