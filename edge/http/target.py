"""The request target (RFC 9112 §3.2) → which host is meant, which path, which query."""

from __future__ import annotations

import msgspec

from edge.answers import Refusal
from weir.routing.authority import Authority, BadAuthority, normalise_authority
from weir.routing.normalise import BadPath, normalise_path


class Target(msgspec.Struct, frozen=True, gc=False):
    """What is asked for, in the normal form in which it is routed and sent."""

    authority: Authority
    path: str
    """``*`` for ``OPTIONS *`` and for ``OPTIONS`` of an address without a path."""
    query: str
    """With its ``?``; empty if there is none. As it came."""


def read_target(method: bytes, target: bytes, host: bytes, merge_slashes: bool) -> Target:
    """Raises Refusal. In absolute-form the target's own host counts and Host is ignored (RFC 9112 §3.2.2)."""
    try:
        text = target.decode("ascii")
        authority = normalise_authority(host.decode("ascii"))
        if not text.startswith("/"):
            if text == "*":
                return _asterisk(method, authority)
            authority, text = _absolute(text)
            if not text and method == b"OPTIONS":
                return _asterisk(method, authority)
        path, mark, query = text.partition("?")
        if not path:
            path = "/"
        return Target(authority, normalise_path(path, merge_slashes), mark + query)
    except UnicodeDecodeError:
        raise Refusal("malformed-request", "the target and Host are ASCII") from None
    except (BadAuthority, BadPath) as error:
        raise Refusal("malformed-request", str(error)) from None


def normal_path(path: str, merge_slashes: bool) -> str:
    """Of a request whose target is a path. Raises Refusal."""
    try:
        return normalise_path(path, merge_slashes)
    except BadPath as error:
        raise Refusal("malformed-request", str(error)) from None


def _asterisk(method: bytes, authority: Authority) -> Target:
    if method != b"OPTIONS":
        raise Refusal("malformed-request", "the target * belongs to OPTIONS")
    return Target(authority, "*", "")


def _absolute(text: str) -> tuple[Authority, str]:
    """The rest may be empty, which asks ``OPTIONS`` of the server as a whole (RFC 9112 §3.2.4)."""
    scheme, mark, rest = text.partition("://")
    if not mark or scheme.lower() not in ("http", "https"):
        raise Refusal("malformed-request", "the target is neither a path nor an http address")
    end = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    return normalise_authority(rest[:end]), rest[end:]
