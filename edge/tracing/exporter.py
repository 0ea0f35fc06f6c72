"""OTLP over HTTP: one POST of protobuf for a batch, over one connection that is kept."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_S = 5.0
"""Of connecting, and of each wait for the collector."""
MAX_ANSWER = 64 * 1024
"""Bytes of an answer that are read, so that the connection can be kept."""
DEFAULT_PATH = "/v1/traces"

Encode = Callable[[Sequence[tuple[Any, ...]], float], bytes]


class Exporter:
    """``send`` raises OSError for whatever goes wrong; the spans of that batch are lost."""

    def __init__(self, endpoint: str, encode: Encode, headers: Mapping[str, str]) -> None:
        """``endpoint``: ``http://host:4318``; a path of its own replaces ``/v1/traces``."""
        self._parts = urlsplit(endpoint)
        self._path = self._parts.path if self._parts.path.strip("/") else DEFAULT_PATH
        self._encode = encode
        self._headers = {"Content-Type": "application/x-protobuf", "User-Agent": "weir", **headers}
        self._connection: http.client.HTTPConnection | None = None

    def send(self, taken: Sequence[tuple[Any, ...]], wall: float) -> None:
        data = self._encode(taken, wall)
        kept = self._connection is not None
        try:
            self._post(data)
        except ConnectionError:
            if not kept:
                raise
            self._post(data)  # a kept connection may have been closed meanwhile

    def _post(self, data: bytes) -> None:
        connection = self._connection or self._connect()
        self._connection = None
        try:
            connection.request("POST", self._path, body=data, headers=self._headers)
            response = connection.getresponse()
            answer = response.read(MAX_ANSWER + 1)
        except http.client.RemoteDisconnected as error:
            connection.close()
            raise ConnectionError(str(error)) from None
        except http.client.HTTPException as error:
            connection.close()
            raise OSError(f"the collector gave an invalid answer: {error!r}") from None
        except OSError:
            connection.close()
            raise
        if len(answer) > MAX_ANSWER or response.will_close:
            connection.close()
        else:
            self._connection = connection
        if not 200 <= response.status < 300:
            raise OSError(f"the collector answered {response.status}")

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port or 443, timeout=TIMEOUT_S, context=context)
        return http.client.HTTPConnection(host, port or 80, timeout=TIMEOUT_S)
