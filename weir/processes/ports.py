"""Listening addresses: reading ``HOST:PORT``, binding, and saying clearly why that failed."""

from __future__ import annotations

import errno
import ipaddress
import re
import socket
from typing import NamedTuple

_BRACKETED = re.compile(r"\[([0-9A-Fa-f:.%\w]+)\]:(\d{1,5})")
_PLAIN = re.compile(r"(?:([A-Za-z0-9._-]*):)?(\d{1,5})")


class BadAddress(ValueError):
    """Not HOST:PORT."""


class CannotListen(OSError):
    """Binding failed; the message is one sentence for the person who gave the address."""


class Address(NamedTuple):
    """Where to listen; port 0 lets the kernel choose."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def reachable(self) -> Address:
        """The address under which this machine reaches a listener: a wildcard address becomes loopback."""
        try:
            wildcard = ipaddress.ip_address(self.host).is_unspecified
        except ValueError:
            return self
        if not wildcard:
            return self
        return self._replace(host="::1" if ":" in self.host else "127.0.0.1")


def parse_address(text: str, *, default_host: str = "127.0.0.1") -> Address:
    """``HOST:PORT``, ``:PORT``, ``PORT`` or ``[IPv6]:PORT``; BadAddress otherwise."""
    match = _BRACKETED.fullmatch(text) or _PLAIN.fullmatch(text)
    if match is None:
        raise BadAddress(
            f'"{text}" is not an address to listen on; expected HOST:PORT, such as 127.0.0.1:8000'
        )
    port = int(match[2])
    if port > 65535:
        raise BadAddress(f'"{text}" has no valid port; expected 0 to 65535')
    return Address(match[1] or default_host, port)


def bind(address: Address, *, what: str, backlog: int = 2048) -> socket.socket:
    """A listening socket that children do not inherit by themselves; CannotListen with one sentence.

    ``what`` names the listener in that sentence: "the demo service". The kernel may cut ``backlog``.
    """
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise CannotListen(f"{what} cannot listen on {address}: {error.strerror}") from error
    listener = socket.socket(family, kind, protocol)
    try:
        # A port whose last connections still linger may be taken at once; one with a live listener may not.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(backlog)
    except OSError as error:
        listener.close()
        raise CannotListen(f"{what} cannot listen on {address}: {_reason(error, address)}") from error
    return listener


def address_of(listener: socket.socket) -> Address:
    """What the kernel really gave."""
    host, port = listener.getsockname()[:2]
    return Address(host, port)


def _reason(error: OSError, address: Address) -> str:
    if error.errno == errno.EADDRINUSE:
        return "the port is taken by another process"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"no permission for port {address.port}; ports below 1024 are for root"
    if error.errno == errno.EADDRNOTAVAIL:
        return "this machine has no such address"
    return error.strerror or str(error)
