"""Refuse unless understood: small checks, each with its source, each able only to refuse.

The parser (llhttp) already refuses bare LF, obs-fold, NUL and controls, spaces before the colon, odd or repeated
Content-Length, both lengths at once, and every bad chunk. Here is what it leaves to us. To add a check: a function, a
line in the list, and a file in ``tests/wire/``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from edge.answers import Refusal
from edge.http.head import RequestHead, ResponseHead

MAX_TARGET = 8 * 1024
"""Bytes of a request target, if nothing else is set."""
MAX_FIELDS = 100
"""Fields of a head, and of trailers; of a request, if nothing else is set."""

_UNSUPPORTED = frozenset(
    b"CONNECT TRACE SOURCE DESCRIBE ANNOUNCE SETUP PLAY PAUSE TEARDOWN GET_PARAMETER SET_PARAMETER REDIRECT RECORD "
    b"FLUSH".split()
)
"""From SOURCE on they are of other protocols (ICE, RTSP), which llhttp reads too."""
_NOT_IN_REASON = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

RequestCheck = Callable[[RequestHead], Refusal | None]
ResponseCheck = Callable[[ResponseHead], str | None]


class Bounds(NamedTuple):
    """Of a request's head, beside its size in bytes, which a version says."""

    max_target: int = MAX_TARGET
    max_fields: int = MAX_FIELDS

    def target_too_long(self) -> Refusal:
        """RFC 9110 §15.5.15."""
        return Refusal("target-too-long", f"a request target has at most {self.max_target} bytes")

    def too_many_fields(self) -> Refusal:
        """RFC 6585 §5."""
        return Refusal("head-too-large", f"a request has at most {self.max_fields} header fields")


BOUNDS = Bounds()


def version_is_1_0_or_1_1(head: RequestHead) -> Refusal | None:
    """RFC 9110 §2.5, §15.6.6."""
    if head.version == "1.1" or head.version == "1.0":
        return None
    return Refusal("version-not-supported", "only HTTP/1.0 and HTTP/1.1 are spoken here")


def method_is_supported(head: RequestHead) -> Refusal | None:
    """RFC 9110 §9.3.6: a gateway opens no tunnels; §9.3.8: nor does it echo what it added to a request."""
    if head.method in _UNSUPPORTED:
        return Refusal("method-not-supported", f"{head.method.decode()} is not supported")
    return None


def target_has_no_fragment(head: RequestHead) -> Refusal | None:
    """RFC 9112 §3.2: a fragment is not part of any form of the target."""
    return _malformed("a request target has no fragment") if b"#" in head.target else None


def host_is_there_once(head: RequestHead) -> Refusal | None:
    """RFC 9112 §3.2; also asked of HTTP/1.0, as rules are chosen by host."""
    if len(head.hosts) == 1:
        return None
    return _malformed("there is no Host" if not head.hosts else "there is more than one Host")


def names_are_plain(head: RequestHead) -> Refusal | None:
    """Servers that turn ``-`` into ``_`` would take ``Content_Length`` for ``Content-Length``."""
    if head.odd_name:
        return _malformed(f"the header name {head.odd_name.decode('ascii', 'replace')} is ambiguous")
    return None


def coding_is_chunked(head: RequestHead) -> Refusal | None:
    """RFC 9112 §6.1: one Transfer-Encoding, exactly ``chunked``, and only in HTTP/1.1."""
    if not head.codings:
        return None
    if head.version != "1.1":
        return _malformed("Transfer-Encoding needs HTTP/1.1")
    if len(head.codings) > 1 or head.codings[0].lower() != b"chunked":
        return _malformed("Transfer-Encoding must be exactly chunked")
    return _malformed("Content-Length and Transfer-Encoding exclude each other") if head.lengths else None


def length_is_one_number(head: RequestHead) -> Refusal | None:
    """RFC 9112 §6.3; digits only, and few enough for any server's integer."""
    return _malformed("Content-Length must be one number") if _bad_lengths(head.lengths) else None


def expectation_is_known(head: RequestHead) -> Refusal | None:
    """RFC 9110 §10.1.1."""
    if not head.expects or (len(head.expects) == 1 and head.expects[0].lower() == b"100-continue"):
        return None
    return Refusal("expectation-failed", "only Expect: 100-continue can be met")


def upgrade_has_no_body(head: RequestHead) -> Refusal | None:
    """RFC 9110 §7.8 allows it, but where the old protocol ends would depend on who counts."""
    if head.upgrade and (head.codings or any(length.strip(b"0") for length in head.lengths)):
        return _malformed("a request that asks for an upgrade must not have a body")
    return None


REQUEST_CHECKS: tuple[RequestCheck, ...] = (
    version_is_1_0_or_1_1,
    method_is_supported,
    target_has_no_fragment,
    host_is_there_once,
)
"""For every request."""

FRAMING_CHECKS: tuple[RequestCheck, ...] = (
    names_are_plain,
    coding_is_chunked,
    length_is_one_number,
    expectation_is_known,
    upgrade_has_no_body,
)
"""For requests with a field that they are about; most have none."""


def check_request(head: RequestHead, bounds: Bounds = BOUNDS) -> Refusal | None:
    """The first refusal, else None; then ``head.length`` is decided."""
    if len(head.target) > bounds.max_target:
        return bounds.target_too_long()
    if head.count > bounds.max_fields:
        return bounds.too_many_fields()
    for check in REQUEST_CHECKS:
        refusal = check(head)
        if refusal is not None:
            return refusal
    if not (head.lengths or head.codings or head.expects or head.upgrade or head.odd_name):
        return None
    for check in FRAMING_CHECKS:
        refusal = check(head)
        if refusal is not None:
            return refusal
    head.length = None if head.codings else int(head.lengths[0]) if head.lengths else 0
    return None


def response_version_is_known(head: ResponseHead) -> str | None:
    """RFC 9112 §2.3."""
    return None if head.version in ("1.1", "1.0") else "it speaks neither HTTP/1.0 nor HTTP/1.1"


def status_is_real(head: ResponseHead) -> str | None:
    """RFC 9110 §15."""
    return None if 100 <= head.status <= 599 else "its status is outside 100 to 599"


def response_coding_is_chunked(head: ResponseHead) -> str | None:
    """RFC 9112 §6.1."""
    if not head.codings:
        return None
    if head.version != "1.1":
        return "it uses Transfer-Encoding in HTTP/1.0"
    if len(head.codings) > 1 or head.codings[0].lower() != b"chunked":
        return "its Transfer-Encoding is not exactly chunked"
    if head.lengths:
        return "it has both Content-Length and Transfer-Encoding"
    return "a response without a body has Transfer-Encoding" if is_bodiless(head.status) else None


def response_length_is_one_number(head: ResponseHead) -> str | None:
    """RFC 9112 §6.3."""
    return "its Content-Length is not one number" if _bad_lengths(head.lengths) else None


def response_fields_are_few(head: ResponseHead) -> str | None:
    """The same bound as for requests."""
    return f"it has more than {MAX_FIELDS} header fields" if head.count > MAX_FIELDS else None


def reason_is_text(head: ResponseHead) -> str | None:
    """RFC 9112 §4; llhttp lets controls pass, and a client may show them."""
    return "its reason phrase has a control character" if _NOT_IN_REASON.search(head.reason) else None


def protocol_change_is_announced(head: ResponseHead) -> str | None:
    """RFC 9110 §7.8; without both fields the parser does not stop where the other protocol begins."""
    if head.status != 101:
        return None
    options = {option.strip(b" \t").lower() for value in head.connections for option in value.split(b",")}
    if b"upgrade" in options and head.upgrades:
        return None
    return "it switched protocols without Connection: upgrade and Upgrade"


RESPONSE_CHECKS: tuple[ResponseCheck, ...] = (
    response_version_is_known,
    status_is_real,
    reason_is_text,
    protocol_change_is_announced,
    response_coding_is_chunked,
    response_length_is_one_number,
    response_fields_are_few,
)


def check_response(head: ResponseHead) -> str | None:
    """What is wrong with it, else None; then ``head.length`` and ``head.until_close`` are decided (RFC 9112 §6.3)."""
    for check in RESPONSE_CHECKS:
        wrong = check(head)
        if wrong is not None:
            return wrong
    if head.lengths:
        head.length = int(head.lengths[0])
    elif head.codings or not is_bodiless(head.status):
        head.length = None
        head.until_close = not head.codings
    return None


def is_bodiless(status: int) -> bool:
    """Whether a response of this status never has a body (RFC 9110 §6.4.1)."""
    return status < 200 or status == 204 or status == 304


def _bad_lengths(lengths: tuple[bytes, ...]) -> bool:
    return bool(lengths) and (len(lengths) > 1 or not lengths[0].isdigit() or len(lengths[0]) > 18)


def _malformed(detail: str) -> Refusal:
    return Refusal("malformed-request", detail)
