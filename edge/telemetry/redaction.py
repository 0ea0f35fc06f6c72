"""What a person who watches may see of a request: names, never values.

A value of the query, a path parameter (``;sid=…``) and an address may be secret or personal. What is no plain name is
shown as ``…``, as it may be a value without its name.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address, ip_network

from edge.access_log.credentials import without_secrets

HIDDEN = "…"
MAX_TEXT = 512
"""Characters of a path, a host or a name of a rule that are shown."""
MAX_NAMES = 20
"""Names of query parameters."""
_NAME = re.compile(r"[A-Za-z0-9_.~\[\]-]{1,64}")
_PARAMETER = re.compile(r";[^;/]*")
_SEPARATOR = re.compile(r"[&;]")


def shown_path(path: str, query_string: str) -> str:
    """``/a;sid=7`` and ``?q=x&page=2`` as ``/a;sid?q&page``. ``query_string`` has its ``?``."""
    shown = shown_text(_PARAMETER.sub(lambda match: ";" + _name(match[0][1:]), without_secrets(path)))
    if len(query_string) < 2:
        return shown
    pieces = _SEPARATOR.split(query_string[1:], MAX_NAMES)
    names = [_name(piece) for piece in pieces[:MAX_NAMES]]
    return f"{shown}?{'&'.join([*names, HIDDEN] if len(pieces) > MAX_NAMES else names)}"


def shown_ip(ip: str) -> str:
    """Its network: /24 of IPv4, /64 of IPv6; empty for what is no address."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(ip_network((address, 24 if address.version == 4 else 64), strict=False))


def shown_text(text: str) -> str:
    """Cut, and with nothing that is no Unicode."""
    return text[:MAX_TEXT].encode("utf-8", "replace").decode("utf-8")


def _name(piece: str) -> str:
    """Of ``name=value``; a piece without ``=`` may be a value."""
    name, separator, _ = piece.partition("=")
    return name if separator and _NAME.fullmatch(name) else HIDDEN
