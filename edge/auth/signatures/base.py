"""What was signed, from what the client sent: the signature base (RFC 9421 §2.5).

Everything is taken as it came, before a rule rewrites any of it: the target with its encodings, and every line of a
field. Scheme and host are those that rules see, so behind a trusted proxy they are the client's own. A field that
``Connection`` takes away from the upstream cannot be covered: what is signed is what arrives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.auth.signatures.declared import BadSignature, Signature
from edge.http.connection_field import listed

if TYPE_CHECKING:
    from edge.exchange import Exchange
    from edge.http.head import RequestHead

_DEFAULT_PORTS = {"http": b":80", "https": b":443"}


def signature_base(exchange: Exchange, signature: Signature) -> bytes:
    """Raises BadSignature for a component that is not there or cannot be known."""
    fields = _Fields(exchange.head)
    lines = []
    for name in signature.components:
        value = derived(exchange, name) if name.startswith("@") else fields.value(name)
        if not value.isascii():
            raise BadSignature(f"{name} has characters that are not ASCII, so it cannot be signed")
        lines.append(b'"%b": %b\n' % (name.encode("ascii"), value))
    lines.append(b'"@signature-params": ' + signature.params.encode("ascii"))
    return b"".join(lines)


def derived(exchange: Exchange, name: str) -> bytes:
    """The value of a derived component (RFC 9421 §2.2). Raises BadSignature."""
    if name == "@method":
        return exchange.head.method
    if name == "@authority":
        return _authority(exchange)
    if name == "@scheme":
        return exchange.scheme.encode("ascii")
    if name == "@request-target":
        return exchange.head.target
    target = _path_and_query(exchange.head.target)
    if name == "@target-uri":
        return b"%b://%b%b" % (exchange.scheme.encode("ascii"), _authority(exchange), target)
    path, _, query = target.partition(b"?")
    if name == "@path":
        return path
    if name == "@query":
        return b"?" + query
    raise BadSignature(f"the component {name} is not known here")


def _authority(exchange: Exchange) -> bytes:
    """Lower case, without the port that the scheme has anyway (RFC 9421 §2.2.3)."""
    return exchange.host_sent.removesuffix(_DEFAULT_PORTS.get(exchange.scheme, b""))


def _path_and_query(target: bytes) -> bytes:
    """As sent; an empty path is ``/`` (RFC 9110 §4.2.3). ``*`` has neither."""
    if target.startswith(b"/"):
        return target
    if target == b"*":
        raise BadSignature("a request for * has no path that could be signed")
    rest = target.partition(b"://")[2]
    end = min((at for at in (rest.find(b"/"), rest.find(b"?")) if at >= 0), default=len(rest))
    return rest[end:] if rest[end : end + 1] == b"/" else b"/" + rest[end:]


class _Fields:
    """Values of the fields of a head, as the client sent them (RFC 9421 §2.1)."""

    def __init__(self, head: RequestHead) -> None:
        self._head = head
        self._closed = listed(head.connections) if head.connections else frozenset[bytes]()

    def value(self, name: str) -> bytes:
        """All lines of the lower-case name, in their order. Raises BadSignature."""
        lower, head = name.encode("ascii"), self._head
        if lower in self._closed:
            raise BadSignature(f"Connection names {name}, so it does not go on and cannot be covered")
        values: list[bytes] | tuple[bytes, ...]
        if lower == b"host":
            values = head.hosts
        elif lower == b"content-length":
            values = head.lengths
        else:
            values = [field[2] for field in head.fields if field[0] == lower]
            if not values:
                values = [value for field, value in head.forwarded if field == lower]
        if not values:
            raise BadSignature(
                f"the covered field {name} is not there, or is one that the gateway does not pass on"
            )
        return b", ".join(values)
