"""Trailers (RFC 9110 §6.5): which may go on, and how they are written.

Trailers of a request go on if the client announced them in Trailer, those of an answer if the client said
``TE: trailers``; both only from a chunked body to a chunked body. A receiver may merge them into the head, so a name
that frames, routes, authenticates, conditions or says what the content is never passes (§6.5.1), nor one that the edge
itself reads or writes. What does not pass is dropped. How many and how long they are is bounded where they are read.
"""

from __future__ import annotations

from collections.abc import Iterable

from edge.http.head import Field
from edge.http.names import NameTable, Role

BLANKS = b" \t"

FORBIDDEN = frozenset(
    b"age allow authorization cache-control content-disposition content-encoding content-language content-location "
    b"content-range content-security-policy content-type cookie date expires host last-modified location max-forwards "
    b"pragma proxy-authenticate proxy-authentication-info proxy-authorization range retry-after set-cookie "
    b"strict-transport-security vary via warning www-authenticate authentication-info accept accept-charset "
    b"accept-encoding accept-language etag origin referer server traceparent tracestate user-agent".split()
)
_FORBIDDEN_PREFIXES = (b"if-", b"access-control-", b"x-weir-", b"x-forwarded-", b"sec-")


def may_be_trailer(lower: bytes, role: int) -> bool:
    """``_`` counts as ``-``, as CGI and WSGI servers read it."""
    folded = lower.replace(b"_", b"-")
    return role == Role.ORDINARY and folded not in FORBIDDEN and not folded.startswith(_FORBIDDEN_PREFIXES)


def permitted(raw: Iterable[tuple[bytes, bytes]], names: NameTable) -> list[Field]:
    """Of what came behind the last chunk, what may go on."""
    fields = []
    for name, value in raw:
        lower, role = names[name]
        if may_be_trailer(lower, role):
            fields.append((lower, name, value.strip(BLANKS)))
    return fields


def announced(values: Iterable[bytes], names: NameTable) -> list[bytes]:
    """Of the names in Trailer those that may be trailers, in lower case, each once, in their order."""
    tokens = (token.strip(BLANKS) for value in values for token in value.split(b","))
    known = (names[token] for token in tokens if token)
    return list(dict.fromkeys(lower for lower, role in known if may_be_trailer(lower, role)))


def last_chunk(trailers: Iterable[Field]) -> bytes:
    """The end of a chunked body (RFC 9112 §7.1.2)."""
    return b"".join([b"0\r\n", *(b"%b: %b\r\n" % (name, value) for _, name, value in trailers), b"\r\n"])
