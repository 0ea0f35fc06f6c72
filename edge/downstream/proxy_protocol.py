"""The PROXY protocol, versions 1 and 2 (HAProxy's specification): who really connected, said before anything else.

A listener that expects it takes no connection that does not begin with it, and believes what it says, so only the
balancer that writes it may reach that listener. UNKNOWN and LOCAL, as health checks of balancers say, name nobody:
then the connection's own addresses count. Extensions (TLVs) are checked for their form and skipped.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

ProxyProtocol: TypeAlias = Literal["off", "v1", "v2"]

MAX_V1 = 107
"""Bytes of the longest line, its end included (§2.1)."""
MAX_V2 = 4096
"""Bytes of a whole header; addresses take 52 at most, the rest is extensions."""

_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_FIXED = 16
_LOCAL, _PROXY = 0x20, 0x21
_UNSPEC, _TCP4, _TCP6, _UNIX = 0x00, 0x11, 0x21, 0x31
_ADDRESSES = {_UNSPEC: 0, _TCP4: 12, _TCP6: 36, _UNIX: 216}
"""Family and transport → bytes of its addresses; nothing else can carry HTTP/1."""


class BadProxyHeader(Exception):
    """The connection does not begin with the header, or it is malformed; the text is for the log."""


class Source(NamedTuple):
    """``peer`` is empty where the header names nobody."""

    peer: str
    port: int
    """The port that the client connected to."""
    length: int
    """Bytes of the header."""


def read_v1(data: bytes) -> Source | None:
    """None: more is needed. Raises BadProxyHeader."""
    if not data.startswith(b"PROXY ") and not b"PROXY ".startswith(data):
        raise BadProxyHeader("it does not begin with PROXY")
    end = data.find(b"\r\n", 0, MAX_V1)
    if end < 0:
        if len(data) >= MAX_V1:
            raise BadProxyHeader(f"its PROXY line has more than {MAX_V1} bytes")
        return None
    words = data[:end].split(b" ")
    if words[1] == b"UNKNOWN":
        return Source("", 0, end + 2)
    if len(words) != 6 or words[1] not in (b"TCP4", b"TCP6"):
        raise BadProxyHeader("its PROXY line is malformed")
    version = 4 if words[1] == b"TCP4" else 6
    peer = _address(words[2], version)
    _address(words[3], version)
    _port(words[4])
    return Source(peer, _port(words[5]), end + 2)


def read_v2(data: bytes) -> Source | None:
    """None: more is needed. Raises BadProxyHeader."""
    if not data.startswith(_SIGNATURE) and not _SIGNATURE.startswith(data):
        raise BadProxyHeader("it does not begin with the signature of the PROXY protocol v2")
    if len(data) < _FIXED:
        return None
    command, family, length = struct.unpack_from("!BBH", data, 12)
    if command not in (_LOCAL, _PROXY) or _FIXED + length > MAX_V2:
        raise BadProxyHeader(f"its PROXY header has another version or command, or more than {MAX_V2} bytes")
    if len(data) < _FIXED + length:
        return None
    if command == _LOCAL:
        return Source("", 0, _FIXED + length)
    if family not in _ADDRESSES or length < _ADDRESSES[family]:
        raise BadProxyHeader("its PROXY header has another family, or too few bytes for its addresses")
    _check_extensions(data[_FIXED + _ADDRESSES[family] : _FIXED + length])
    return _v2_source(data[_FIXED:], family, _FIXED + length)


READERS: dict[str, Callable[[bytes], Source | None]] = {"v1": read_v1, "v2": read_v2}


def _v2_source(body: bytes, family: int, length: int) -> Source:
    if family == _TCP4:
        return Source(str(ipaddress.IPv4Address(body[:4])), int.from_bytes(body[10:12]), length)
    if family == _TCP6:
        return Source(str(ipaddress.IPv6Address(body[:16])), int.from_bytes(body[34:36]), length)
    return Source("", 0, length)


def _check_extensions(data: bytes) -> None:
    """Type, length in two bytes, value; one behind the other to the end (§2.2.7)."""
    at = 0
    while at < len(data):
        if at + 3 > len(data):
            raise BadProxyHeader("an extension of its PROXY header is cut off")
        at += 3 + int.from_bytes(data[at + 1 : at + 3])
    if at != len(data):
        raise BadProxyHeader("an extension of its PROXY header is longer than the header")


def _address(text: bytes, version: int) -> str:
    try:
        address = ipaddress.ip_address(text.decode("ascii"))
    except ValueError:
        raise BadProxyHeader("its PROXY line has an address that is none") from None
    if address.version != version or "%" in str(address):
        raise BadProxyHeader("its PROXY line has an address of another family")
    return str(address)


def _port(text: bytes) -> int:
    if not text.isdigit() or len(text) > 5 or (len(text) > 1 and text[:1] == b"0") or int(text) > 65535:
        raise BadProxyHeader("its PROXY line has a port that is none")
    return int(text)
