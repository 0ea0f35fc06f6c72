"""Fetching a small JSON document from a URL that an administrator gave. It blocks; sockets are gevent's.

Bounded in every direction: no redirect is followed, no proxy of the environment is used, nothing is sent but the
request line, an answer has at most ``MAX_BYTES`` and all of it ``WITHIN_S``. Addresses are looked up once and the
connection goes to one that was looked at: those where clouds keep the credentials of machines are refused. Private ones
are not: an issuer inside the network is the usual case (docs/decisions).
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

from weir.models.auth.issuer_urls import is_of_the_cloud, problem_of

WITHIN_S = 5.0
MAX_BYTES = 256 * 1024
_PIECE = 16 * 1024


class NotFetched(Exception):
    """Why there is no document, in one sentence."""


def fetch_json(url: str, until_s: float) -> dict[str, Any]:
    """The document, an object. ``until_s`` is of the monotonic clock. Raises NotFetched."""
    if problem := problem_of(url, query=True):
        raise NotFetched(f"{url} {problem}")
    try:
        data = _get(url, until_s)
    except (OSError, http.client.HTTPException) as error:
        raise NotFetched(f"{url} cannot be fetched: {_reason(error)}") from error
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NotFetched(f"what {url} answers is no JSON") from error
    if not isinstance(document, dict):
        raise NotFetched(f"what {url} answers is no JSON object")
    return document


def _get(url: str, until_s: float) -> bytes:
    parts = urlsplit(url)
    host = parts.hostname or ""
    connection = http.client.HTTPConnection(host, parts.port, timeout=_left(until_s))
    connection.sock = _connected(host, parts.port or (443 if parts.scheme == "https" else 80), until_s)
    with contextlib.closing(connection):
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection.sock = context.wrap_socket(connection.sock, server_hostname=host)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {
            "Host": parts.netloc,
            "Accept": "application/json",
            "User-Agent": "weir",
            "Connection": "close",
        }
        connection.request("GET", target, headers=headers)
        connection.sock.settimeout(_left(until_s))
        answer = connection.getresponse()
        if answer.status != 200:
            where = f" to {answer.getheader('Location', '')[:200]}" if 300 <= answer.status < 400 else ""
            raise NotFetched(
                f"{url} answers {answer.status}{where}; 200 is needed, and no redirect is followed"
            )
        return _read(url, answer, until_s)


def _read(url: str, answer: http.client.HTTPResponse, until_s: float) -> bytes:
    data = b""
    while piece := answer.read1(_PIECE):
        data += piece
        if len(data) > MAX_BYTES:
            raise NotFetched(f"{url} answers more than {MAX_BYTES} bytes")
        _left(until_s)
    return data


def _connected(host: str, port: int, until_s: float) -> socket.socket:
    """To the first address that takes the connection."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    last: OSError = OSError("it has no address")
    for family, kind, protocol, _, address in found:
        if is_of_the_cloud(str(address[0])):
            raise NotFetched(
                f"{host} is at {address[0]}, where clouds tell secrets: nothing is fetched from there"
            )
        made = socket.socket(family, kind, protocol)
        made.settimeout(_left(until_s))
        try:
            made.connect(address)
        except OSError as error:
            made.close()
            last = error
        else:
            return made
    raise last


def _left(until_s: float) -> float:
    """Seconds. Raises TimeoutError when there are none."""
    left = until_s - time.monotonic()
    if left <= 0:
        raise TimeoutError(f"it took longer than {WITHIN_S:g} s")
    return left


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, TimeoutError):
        return f"no whole answer within {WITHIN_S:g} s"
    return str(getattr(error, "strerror", "") or error or type(error).__name__)
