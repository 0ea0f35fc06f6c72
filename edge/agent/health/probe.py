"""One probe: a request on a connection of its own, of whose answer only the status counts. I/O.

The node's own names are resolved as the system does it. A redirect is not followed: it is a status as others.
"""

from __future__ import annotations

import ssl
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import gevent
from gevent import socket
from gevent import ssl as gevent_ssl

from edge.agent.health.check import Check

MAX_HEAD = 32 * 1024
"""Bytes of an answer's head, interim ones included."""
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
DEFAULT_PORTS = {"http": 80, "https": 443}


class Outcome(NamedTuple):
    passed: bool
    word: str
    """``passed``, ``status``, ``connect``, ``timeout``, ``broken`` or ``malformed``."""
    detail: str = ""


def probe(check: Check, context: ssl.SSLContext) -> Outcome:
    """Takes the check's timeout at most. Never raises."""
    limit = gevent.Timeout(check.timeout_ms / 1000)
    try:
        with limit:
            return _probe(check, context)
    except gevent.Timeout as timeout:
        if timeout is not limit:
            raise
        return Outcome(False, "timeout", f"no answer within {check.timeout_ms} ms")


def request(check: Check) -> bytes:
    """What is sent."""
    target = quote(check.path, safe="/%?&=:@!$'()*+,;~-._[]")
    host = check.host or urlsplit(check.url).netloc
    length = "Content-Length: 0\r\n" if check.method in WITH_BODY else ""
    lines = f"{check.method} {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: weir-check\r\n{length}"
    return (lines + "Accept: */*\r\nConnection: close\r\n\r\n").encode("ascii")


def status_of(head: bytes) -> int:
    """Of a status line (RFC 9112 §4); 0 if it is none."""
    version, _, rest = head.partition(b"\r\n")[0].partition(b" ")
    status = rest[:3]
    if version not in (b"HTTP/1.1", b"HTTP/1.0") or not status.isdigit() or len(status) != 3:
        return 0
    return int(status) if rest[3:4] in (b"", b" ") else 0


def _probe(check: Check, context: ssl.SSLContext) -> Outcome:
    parts = urlsplit(check.url)
    host, port = parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]
    try:
        sock = socket.create_connection((host, port))
        if parts.scheme == "https":
            sock = _secured(sock, context, host)
    except OSError as error:
        return Outcome(False, "connect", str(error))
    try:
        sock.sendall(request(check))
        status = _final_status(sock)
    except OSError as error:
        return Outcome(False, "broken", str(error))
    finally:
        sock.close()
    if not status:
        return Outcome(False, "malformed", "the answer is no HTTP/1.1")
    return Outcome(True, "passed") if check.is_good(status) else Outcome(False, "status", str(status))


def _secured(sock: socket.socket, context: ssl.SSLContext, host: str) -> socket.socket:
    try:
        return gevent_ssl.SSLSocket(sock=sock, server_hostname=host.rstrip("."), _context=context)
    except BaseException:
        sock.close()
        raise


def _final_status(sock: socket.socket) -> int:
    """The status after interim answers; 0 for what is no answer. Raises OSError."""
    data, taken = b"", 0
    while taken < MAX_HEAD:
        head, end, rest = data.partition(b"\r\n\r\n")
        if end:
            status = status_of(head)
            if not 100 <= status < 200 or status == 101:
                return status
            data = rest
            continue
        piece = sock.recv(4096)
        if not piece:
            return 0
        taken += len(piece)
        data += piece
    return 0
