"""The files that say how this machine resolves names: read anew when they changed, so no restart is needed."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from edge.upstream.dns.configuration import DNS_PORT, Configuration, parse_resolv_conf

MAX_BYTES = 1024 * 1024
"""What is read of a file."""

Parsed = TypeVar("Parsed")
Hosts = Mapping[str, tuple[str, ...]]


class SystemFiles:
    """``configuration`` and ``hosts`` as they are now. A missing file is an empty one."""

    def __init__(
        self,
        resolv_conf: Path = Path("/etc/resolv.conf"),
        hosts: Path = Path("/etc/hosts"),
        port: int = DNS_PORT,
    ) -> None:
        self._configuration = _Read(resolv_conf, lambda text: parse_resolv_conf(text, port))
        self._hosts = _Read(hosts, parse_hosts)

    def configuration(self) -> Configuration:
        """Of the resolver."""
        return self._configuration.now()

    def hosts(self) -> Hosts:
        """Addresses by lower-case name."""
        return self._hosts.now()


def parse_hosts(text: str) -> Hosts:
    """hosts(5); what is no address is passed over."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        try:
            canonical = str(ipaddress.ip_address(address))
        except ValueError:
            continue
        for name in names:
            known = found.setdefault(name.lower().rstrip("."), [])
            if canonical not in known:
                known.append(canonical)
    return {name: tuple(addresses) for name, addresses in found.items()}


class _Read(Generic[Parsed]):
    def __init__(self, path: Path, parse: Callable[[str], Parsed]) -> None:
        self._path = path
        self._parse = parse
        self._seen: tuple[int, int, int] | None = None
        self._parsed = parse("")

    def now(self) -> Parsed:
        seen = self._state()
        if seen != self._seen:
            self._parsed, self._seen = self._parse(self._text()), seen
        return self._parsed

    def _state(self) -> tuple[int, int, int]:
        try:
            stat = self._path.stat()
        except OSError:
            return (0, 0, 0)
        return (stat.st_mtime_ns, stat.st_size, stat.st_ino)

    def _text(self) -> str:
        try:
            with self._path.open("rb") as file:
                return file.read(MAX_BYTES).decode("utf-8", "replace")
        except OSError:
            return ""
