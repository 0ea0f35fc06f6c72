"""Requests over the wire: connections, deadlines, and when one is sent again. The only file that knows httpx.

Sent again is only what cannot do more the second time (``Prepared.repeatable``): reads, and writes with a publish id.
Nothing is taken from the environment, no redirect is followed: the token goes to the one URL that was given.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import httpx

from weir.client.answer import AWAY, UNKNOWN, Raw, problem_of
from weir.client.errors import ApiError, Away, BadAnswer, OutcomeUnknown
from weir.client.request import Prepared

CONNECT_S = 5.0
WAITS_S = (0.1, 0.3, 0.6)
"""Before each further try."""
LONGEST_RETRY_AFTER_S = 5.0
"""An API that asks for more patience than that is told to the caller."""
MAX_ANSWER = 64 * 1024 * 1024
"""Bytes of an answer that is held in memory."""


class Transport:
    """One API, one credential. Not for several threads at once."""

    def __init__(
        self, url: str, token: str, *, timeout_s: float, ca: Path | None = None, retries: int = len(WAITS_S)
    ) -> None:
        self.url = api_url(url)
        self._waits = WAITS_S[: max(0, retries)]
        headers = {"User-Agent": "weir-client", "Accept-Encoding": "gzip"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._http = httpx.Client(
            headers=headers,
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, CONNECT_S)),
            verify=trust(ca) if self.url.startswith("https:") else False,
            trust_env=False,
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def send(self, prepared: Prepared) -> Raw:
        """The answer, whatever its status. Raises Away, BadAnswer and OutcomeUnknown."""
        lost: ApiError | None = None
        for wait in (*self._waits, None):
            try:
                raw = self._once(prepared)
            except (Away, OutcomeUnknown) as error:
                # Once the outcome is unknown, a later "nobody is there" does not make it known.
                lost = error if lost is None or isinstance(error, OutcomeUnknown) else lost
                pause = wait
            else:
                lost = _lost_by(prepared, raw, lost)
                pause = wait and pause_before_another(prepared, raw, wait)
                if pause is None and not (raw.status in AWAY and isinstance(lost, OutcomeUnknown)):
                    return raw
            if pause is None or not prepared.repeatable:
                break
            time.sleep(pause)
        assert lost is not None  # noqa: S101 - every way out of the loop set it or returned
        raise lost

    @contextmanager
    def stream(self, prepared: Prepared, *, read_timeout_s: float | None) -> Iterator[httpx.Response]:
        """The head of an answer whose body is still to come, of any status; httpx errors while it is read."""
        timeout = httpx.Timeout(self._http.timeout.read, connect=CONNECT_S)
        timeout.read = read_timeout_s
        request = self._request(prepared, timeout)
        try:
            response = self._http.send(request, stream=True)
        except httpx.TransportError as error:
            raise self._failed(prepared, error) from error
        try:
            yield response
        finally:
            response.close()

    def _once(self, prepared: Prepared) -> Raw:
        try:
            response = self._http.send(self._request(prepared), stream=True)
            try:
                return Raw(response.status_code, headers_of(response), bounded(response))
            finally:
                response.close()
        except httpx.TransportError as error:
            raise self._failed(prepared, error) from error

    def _request(self, prepared: Prepared, timeout: httpx.Timeout | None = None) -> httpx.Request:
        return self._http.build_request(
            prepared.method,
            self.url + prepared.target,
            headers=prepared.headers,
            content=prepared.content or None,
            timeout=self._http.timeout if timeout is None else timeout,
        )

    def _failed(self, prepared: Prepared, error: httpx.TransportError) -> ApiError:
        reason = reason_of(error)
        if not prepared.changes or isinstance(
            error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.UnsupportedProtocol
        ):
            return Away(f"no admin API answers at {self.url}: {reason}")
        return OutcomeUnknown(
            f"the admin API at {self.url} was sent a change and did not answer ({reason}): "
            "it may have been made or not",
            publish_id=prepared.publish_id,
        )


def pause_before_another(prepared: Prepared, raw: Raw, wait: float) -> float | None:
    """Seconds, or None for an answer that is final."""
    if not prepared.repeatable or raw.status not in (429, *AWAY):
        return None
    asked = raw.headers.get("retry-after", "")
    pause = max(wait, float(asked)) if asked.isdecimal() and len(asked) < 9 else wait
    if raw.status == 429 and not asked:
        return None
    return pause if pause <= LONGEST_RETRY_AFTER_S else None


def _lost_by(prepared: Prepared, raw: Raw, before: ApiError | None) -> ApiError:
    """What is known if no further answer comes."""
    problem = problem_of(raw)
    if problem is not None and problem.code == UNKNOWN:
        return OutcomeUnknown(problem.detail, publish_id=prepared.publish_id, check=problem.check)
    return before or Away(f"the admin API answered {raw.status}")


def api_url(text: str) -> str:
    """Without the last slash and the path of the API itself; ValueError for what is no URL of an API."""
    try:
        parts = urlsplit(text.strip())
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        port_is_right = False
    if not port_is_right or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(
            f'"{text}" is not the URL of an admin API; expected one such as http://127.0.0.1:8001'
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("the URL of an admin API has no user, no query and no fragment")
    path = parts.path.rstrip("/").removesuffix("/api/v1")
    return f"{parts.scheme}://{parts.netloc}{path}"


def trust(ca: Path | None) -> ssl.SSLContext:
    """The system's authorities, or the one in a PEM file alone; ValueError if it cannot be read."""
    try:
        return ssl.create_default_context(cafile=None if ca is None else str(ca))
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"{ca} cannot be read as certificates: {error}") from error


def reason_of(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    text = " ".join(str(error).split()) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return "its certificate is not trusted here (--ca FILE names the authority)"
    return text.removeprefix("[Errno 111] ").lower() if text.startswith("[Errno 111]") else text


def headers_of(response: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def bounded(response: httpx.Response, most: int = MAX_ANSWER) -> bytes:
    data = bytearray()
    try:
        for part in response.iter_bytes():
            data += part
            if len(data) > most:
                raise BadAnswer(f"the answer is longer than {most} bytes")
    except httpx.DecodingError as error:
        raise BadAnswer(f"the answer cannot be decoded: {error}") from error
    return bytes(data)
