r"""The access log in the combined format of Apache and nginx::

    192.0.2.7 - acme [23/Nov/2026:02:05:18 +0000] "GET /a?b=1 HTTP/1.1" 200 158 "-" "curl/8.5.0"

The third field is the consumer. The request line is what the client sent, but for credentials in its query. As in
nginx, whatever a client chose has ``"``, ``\`` and every byte that is not printable ASCII as ``\xHH``: no client can
end a field or a line. Bytes are all that was sent, heads included.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from edge.access_log.bounds import MAX_VALUE
from edge.access_log.credentials import without_secrets, without_values

if TYPE_CHECKING:
    from edge.exchange import Exchange


def take(exchange: Exchange, _ended: float) -> tuple[Any, ...]:
    """What the line needs."""
    head = exchange.head
    referer = agent = b""
    for name, _, value in head.fields:
        if name == b"user-agent":
            agent = value[:MAX_VALUE]
        elif name == b"referer":
            referer = value[:MAX_VALUE]
    plan, caller = exchange.plan, exchange.caller
    requirements = None if plan is None else plan.requirements
    return (
        exchange.started,
        exchange.ip,
        None if caller is None else caller.counted_as,
        () if requirements is None else requirements.queries,
        head.method,
        head.target[:MAX_VALUE],
        head.version,
        exchange.status,
        exchange.bytes_out,
        referer,
        agent,
    )


def encode(taken: Sequence[tuple[Any, ...]], wall: float) -> bytes:
    """The lines. ``wall`` is Unix time when the monotonic clock was 0."""
    lines, last, stamp = [], -1, ""
    for started, ip, user, hidden, method, target, version, status, sent, referer, agent in taken:
        second = int(wall + started)
        if second != last:
            last, stamp = second, time_local(second)
        request = f"{escaped(method)} {_address(target, hidden)} HTTP/{version}" if method else "-"
        lines.append(
            f'{ip} - {_user(user)} [{stamp}] "{request}" {status} {sent} "{_address(referer, hidden) or "-"}" '
            f'"{escaped(agent) or "-"}"\n'
        )
    return "".join(lines).encode("ascii")


def time_local(second: int) -> str:
    """``%d/%b/%Y:%H:%M:%S +0000``; months in English, whatever the locale."""
    now = time.gmtime(second)
    return (
        f"{now.tm_mday:02d}/{_MONTHS[now.tm_mon - 1]}/{now.tm_year}"
        f":{now.tm_hour:02d}:{now.tm_min:02d}:{now.tm_sec:02d} +0000"
    )


def escaped(value: bytes) -> str:
    return value.decode("latin-1").translate(_ESCAPES)


def _user(user: str | None) -> str:
    """A subject of a foreign token may have anything in it; a blank would end the field."""
    return escaped(user[:MAX_VALUE].encode()).replace(" ", r"\x20") if user else "-"


def _address(value: bytes, hidden: Sequence[str]) -> str:
    text = value.decode("latin-1")
    return without_secrets(without_values(text, hidden)).translate(_ESCAPES)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ESCAPES = {code: f"\\x{code:02X}" for code in (*range(0x20), 0x22, 0x5C, *range(0x7F, 0x100))}
