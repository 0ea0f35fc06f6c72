"""The one form of a host: lower case, no port, no trailing dot; what is no host is refused.

RFC 3986 §3.2.2 lets a registered name hold percent-encodings and sub-delimiters and RFC 9110 §7.2 asks for an
answer of 400 to an invalid Host. We take what DNS and certificates can hold: letters, digits, ``-`` and ``_``.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import NamedTuple


class BadAuthority(ValueError):
    """A host, with or without a port, that is refused; the text says why. The edge answers 400."""


class Authority(NamedTuple):
    host: str
    """Lower case, without a trailing dot; an IPv6 literal in its short form, in brackets."""
    port: int | None
    """None where none was given."""


MAX_HOST = 253
"""Characters of a host name (RFC 1035 §2.3.4, as text)."""

_NAME = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_AUTHORITY = re.compile(rf"({_NAME}(?:\.{_NAME})*)\.?(?::([0-9]*))?", re.ASCII)
_LITERAL = re.compile(r"\[([0-9A-Fa-f:.]{2,45})\](?::([0-9]*))?", re.ASCII)


@lru_cache(maxsize=1024)  # the same few names come with every request; refusals are not kept
def normalise_authority(text: str) -> Authority:
    """``Host`` or ``:authority``, such as ``API.example.com.:8443``. Raises BadAuthority."""
    if len(text) > MAX_HOST + 7:
        raise BadAuthority(f"a host has at most {MAX_HOST} characters")
    found = _AUTHORITY.fullmatch(text)
    if found is not None:
        name, port = found.groups()
        if len(name) > MAX_HOST:
            raise BadAuthority(f"a host has at most {MAX_HOST} characters")
        return Authority(name.lower(), None if not port else _port(port))
    literal = _LITERAL.fullmatch(text)
    if literal is None:
        raise BadAuthority(
            "not a host name or address with an optional port" if text else "the host is empty"
        )
    return Authority(_ipv6(literal.group(1)), _port(literal.group(2)) if literal.group(2) else None)


def normalise_host(text: str) -> str:
    """A host without a port. Raises BadAuthority."""
    host, port = normalise_authority(text)
    if port is not None or text.endswith(":"):
        raise BadAuthority("a host without a port is expected")
    return host


def _port(digits: str) -> int:
    number = int(digits) if len(digits) <= 5 else 0
    if not 1 <= number <= 65535:
        raise BadAuthority("a port is a number from 1 to 65535")
    return number


def _ipv6(text: str) -> str:
    try:
        return f"[{ipaddress.IPv6Address(text).compressed}]"
    except ValueError:
        raise BadAuthority("not an IPv6 address in brackets") from None
