"""What a limit counts apart (``by …``): the key of a request, the same in the edge and in ``weir explain``.

* An IPv6 client counts as its /64, the smallest network that one gets: else each could have 2^64 counters.
* A value that is absent is one key too, apart from an empty one, so that leaving it out is no way around a limit.
* Who has several tags counts by the set of them: in any order, it is one key.
* A long key is replaced by its hash, and every key can be encoded, since both come from clients.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from weir.models.values import LimitKey

if TYPE_CHECKING:
    from weir.routing.facts import Facts

MAX_KEY = 80
"""Characters of a key; a longer one becomes ``#`` and 32 hexadecimal digits."""
PREFIX_BITS = 64
"""Of an IPv6 address."""

KeyOf = Callable[["Facts"], str]


def compile_key(by: tuple[LimitKey, ...], rule: str) -> KeyOf | None:
    """None for a limit that counts all requests together."""
    parts = [_part(key, rule) for key in by]
    if not parts:
        return None
    if len(parts) == 1:
        only = parts[0]
        return lambda facts: _bounded(only(facts))
    return lambda facts: _bounded("".join(f"{len(text)}:{text}" for text in [part(facts) for part in parts]))


def fixed_key(by: tuple[LimitKey, ...], rule: str) -> str | None:
    """The key of all requests; None if it depends on the request."""
    if not by:
        return ""
    return _bounded(rule) if [key.field for key in by] == ["rule"] else None


def network_of(facts: Facts) -> str:
    """``by ip``: an IPv4 address, or the /64 of an IPv6 one."""
    if ":" not in facts.ip:
        return facts.ip
    address = facts.address()
    if address is None:
        return facts.ip
    if address.version == 4:
        return ".".join(str(octet) for octet in address.number.to_bytes(4, "big"))
    groups = address.number.to_bytes(16, "big")[: PREFIX_BITS // 8].hex(":", 2)
    return f"{groups}::/{PREFIX_BITS}"


def _part(key: LimitKey, rule: str) -> KeyOf:
    name = key.name
    match key.field:
        case "ip":
            return network_of
        case "rule":
            return lambda _: rule
        case "host":
            return lambda facts: facts.host
        case "path":
            return lambda facts: facts.path
        case "method":
            return lambda facts: facts.method
        case "header":
            lower = name.lower()
            return lambda facts: _present(facts.header(lower))
        case "query":
            return lambda facts: _present(facts.query(name))
        case "cookie":
            return lambda facts: _present(facts.cookie(name))
        case "consumer":
            return lambda facts: _present(facts.consumer)
        case "tag":
            return lambda facts: _present(",".join(sorted(facts.tags)) or None)


def _present(value: str | None) -> str:
    return "" if value is None else f"={value}"


def _bounded(key: str) -> str:
    if len(key) <= MAX_KEY and key.isascii():
        return key
    encoded = key.encode("utf-8", "surrogatepass")
    if len(encoded) <= MAX_KEY and not any("\ud800" <= letter <= "\udfff" for letter in key):
        return key
    return "#" + hashlib.blake2b(encoded, digest_size=16).hexdigest()
