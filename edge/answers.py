"""Every answer the edge gives of its own: one table of stable codes, their statuses and the problem+json around them.

A code never changes its meaning; clients and dashboards build on it. 499 is never sent: it says in the log that the
client went away.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

CLIENT_GONE = 499

STATUS_OF: Mapping[str, int] = MappingProxyType(
    {
        "malformed-request": 400,
        "credential-missing": 401,
        "credential-invalid": 401,
        "credential-expired": 401,
        "insufficient-scope": 403,
        "forbidden": 403,
        "no-rule": 404,
        "request-timeout": 408,
        "body-too-large": 413,
        "target-too-long": 414,
        "expectation-failed": 417,
        "rate-limited": 429,
        "too-many-failures": 429,
        "head-too-large": 431,
        "internal-error": 500,
        "method-not-supported": 501,
        "upstream-unreachable": 502,
        "upstream-broken": 502,
        "upstream-malformed": 502,
        "no-target": 503,
        "overloaded": 503,
        "no-version": 503,
        "too-many-connections": 503,
        "stopping": 503,
        "limit-uncounted": 503,
        "credentials-unavailable": 503,
        "upstream-connect-timeout": 504,
        "upstream-timeout": 504,
        "version-not-supported": 505,
    }
)
"""Code → status (DESIGN §5)."""

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "malformed-request": "The request is malformed",
        "credential-missing": "Credentials are needed",
        "credential-invalid": "The credentials are not accepted",
        "credential-expired": "The credentials have expired",
        "insufficient-scope": "The credentials do not allow this",
        "forbidden": "Not allowed",
        "no-rule": "No rule matches this request",
        "request-timeout": "The request came too slowly",
        "body-too-large": "The request body is too large",
        "target-too-long": "The request target is too long",
        "expectation-failed": "The expectation cannot be met",
        "rate-limited": "Too many requests",
        "too-many-failures": "Too many wrong credentials",
        "head-too-large": "The request head is too large",
        "internal-error": "The gateway failed",
        "method-not-supported": "This method is not supported",
        "upstream-unreachable": "The service cannot be reached",
        "upstream-broken": "The service broke off",
        "upstream-malformed": "The service gave an invalid answer",
        "no-target": "The service has no target",
        "overloaded": "The service has too much to do",
        "too-many-connections": "Too many connections are open",
        "stopping": "The gateway is stopping",
        "limit-uncounted": "Requests cannot be counted now",
        "credentials-unavailable": "Credentials cannot be checked now",
        "no-version": "No configuration is loaded yet",
        "upstream-connect-timeout": "The service did not accept the connection in time",
        "upstream-timeout": "The service did not answer in time",
        "version-not-supported": "This HTTP version is not supported",
    }
)

REASONS: Mapping[int, str] = MappingProxyType(
    {
        200: "OK",
        201: "Created",
        202: "Accepted",
        204: "No Content",
        205: "Reset Content",
        206: "Partial Content",
        300: "Multiple Choices",
        301: "Moved Permanently",
        302: "Found",
        303: "See Other",
        304: "Not Modified",
        307: "Temporary Redirect",
        308: "Permanent Redirect",
        400: "Bad Request",
        401: "Unauthorized",
        402: "Payment Required",
        403: "Forbidden",
        404: "Not Found",
        405: "Method Not Allowed",
        406: "Not Acceptable",
        408: "Request Timeout",
        409: "Conflict",
        410: "Gone",
        411: "Length Required",
        412: "Precondition Failed",
        413: "Content Too Large",
        414: "URI Too Long",
        415: "Unsupported Media Type",
        417: "Expectation Failed",
        418: "I'm a teapot",
        421: "Misdirected Request",
        422: "Unprocessable Content",
        425: "Too Early",
        426: "Upgrade Required",
        428: "Precondition Required",
        429: "Too Many Requests",
        431: "Request Header Fields Too Large",
        451: "Unavailable For Legal Reasons",
        500: "Internal Server Error",
        501: "Not Implemented",
        502: "Bad Gateway",
        503: "Service Unavailable",
        504: "Gateway Timeout",
        505: "HTTP Version Not Supported",
    }
)
"""Reason phrases (RFC 9110 §15); others are empty, which RFC 9112 §4 allows."""

PROBLEM_JSON = b"application/problem+json"


Pairs = tuple[tuple[bytes, bytes], ...]


class Refusal(Exception):
    """An exchange ends with an answer of the edge's own. ``detail`` is a sentence for the person who reads it."""

    def __init__(
        self, code: str, detail: str = "", headers: Pairs = (), violated: tuple[str, ...] = ()
    ) -> None:
        """``headers``: further fields of the answer, name and value. ``violated``: limits that refuse."""
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.headers = headers
        self.violated = violated

    @property
    def status(self) -> int:
        return STATUS_OF[self.code]


class Answer(msgspec.Struct, frozen=True):
    """A whole response that is known at once."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = b""


QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"
"""Problem type of draft-ietf-httpapi-ratelimit-headers; it has the member ``violated-policies``."""


class _Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    type: str
    title: str
    status: int
    code: str
    request_id: str
    detail: str = ""
    violated: tuple[str, ...] = msgspec.field(default=(), name="violated-policies")


def problem(refusal: Refusal, request_id: str) -> Answer:
    """The problem+json (RFC 9457) that says ``refusal``."""
    code = refusal.code
    body = _Problem(
        type=QUOTA_EXCEEDED if refusal.violated else "about:blank",
        title=TITLES[code],
        status=refusal.status,
        code=code,
        request_id=request_id,
        detail=refusal.detail,
        violated=refusal.violated,
    )
    headers = ((b"Content-Type", PROBLEM_JSON), (b"Cache-Control", b"no-store"), (b"Vary", b"Accept"))
    return Answer(refusal.status, headers, msgspec.json.encode(body))
