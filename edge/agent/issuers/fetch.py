"""One bounded GET of a document: no redirects, no proxies, certificates verified, ``TIME_S`` from beginning to end."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import gevent

from edge.agent.issuers.documents import MAX_BYTES
from weir.models.auth.issuer_urls import is_of_the_cloud

TIME_S = 5.0
PIECE = 16 * 1024


class FetchError(Exception):
    """Why there is no document, as the end of a sentence that begins with its address."""


class NotThere(FetchError):
    """The server says that there is no such document."""


class Fetch:
    """Call it with an address that ``issuer_urls.problem_of`` has nothing against. Raises FetchError."""

    def __init__(self, context: ssl.SSLContext | None = None, time_s: float = TIME_S) -> None:
        """``context``: whose certificates are trusted; those that the machine trusts, if it is None."""
        self._context = context
        self._time_s = time_s

    def __call__(self, url: str) -> bytes:
        ends = time.monotonic() + self._time_s
        try:
            with gevent.Timeout(self._time_s, FetchError(f"did not answer within {self._time_s:g} s")):
                return self._get(url, ends)
        except ssl.SSLCertVerificationError as error:
            raise FetchError(f"has a certificate that is not trusted: {error.verify_message}") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise FetchError(f"could not be fetched: {_words(error)}") from error

    def _get(self, url: str, ends: float) -> bytes:
        parts = urlsplit(url)
        connection = self._connection(parts.scheme, parts.hostname or "", parts.port)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = {"Accept": "application/json", "User-Agent": "weir", "Connection": "close"}
            connection.connect()
            if is_of_the_cloud(connection.sock.getpeername()[0]):
                raise FetchError("is where a cloud tells machines their credentials, and is not asked")
            connection.request("GET", target, headers=headers)
            answer = connection.getresponse()
            _check(answer)
            return _body(answer, lambda: ends - time.monotonic())
        finally:
            connection.close()

    def _connection(self, scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
        if scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self._time_s)
        if self._context is None:
            self._context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=self._time_s, context=self._context)


def _check(answer: http.client.HTTPResponse) -> None:
    """Raises FetchError."""
    if answer.status in (404, 410):
        raise NotThere(f"answers {answer.status}")
    if 300 <= answer.status < 400:
        raise FetchError(f"answers {answer.status}: redirects are not followed")
    if answer.status != 200:
        raise FetchError(f"answers {answer.status}")
    if answer.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise FetchError("is compressed, which was not asked for")
    if answer.length is not None and answer.length > MAX_BYTES:
        raise FetchError(f"is larger than {MAX_BYTES // 1024} KiB")


def _body(answer: http.client.HTTPResponse, left_s: Callable[[], float]) -> bytes:
    data = b""
    while piece := answer.read1(PIECE):
        data += piece
        if len(data) > MAX_BYTES:
            raise FetchError(f"is larger than {MAX_BYTES // 1024} KiB")
        if left_s() <= 0:
            raise FetchError("did not answer in time")
    if answer.length:
        raise FetchError("was cut off")
    return data


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
