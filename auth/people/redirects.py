"""Whether an application may have a browser sent back to the address that it asks for. Pure.

Compared as text with what was registered (RFC 9700 §2.1). One thing may differ: the port of an application on the
person's own machine, which takes one that is free (RFC 8252 §7.3), and only where the address names the machine by its
loopback number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from weir.models.auth.redirect_uris import LOOPBACK, MAX_URI, problem_of

_LOOPBACK = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::([1-9][0-9]{0,4}))?(/.*)?", re.DOTALL)
_NAMED = re.compile(r"[a-z0-9.-]+(?::[0-9]+)?")


class Place(NamedTuple):
    """Where a person goes on to, as the page says it."""

    kind: Literal["site", "machine", "app"]
    name: str


def is_registered(asked: str, registered: Iterable[str]) -> bool:
    if len(asked) > MAX_URI:
        return False
    known = tuple(registered)
    if asked in known:
        return True
    plain = _without_port(asked)
    return plain is not None and any(plain == _without_port(each) for each in known)


def is_assured(uri: str) -> bool:
    """Whether only the application itself can receive what is sent there: any program may take a port of the machine,
    or a scheme (RFC 8252 §8.6)."""
    return uri.startswith("https://")


def place_of(uri: str) -> Place:
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https"):
        return Place("app", parts.scheme)
    return Place("machine" if parts.hostname in LOOPBACK else "site", parts.netloc)


def form_source(uri: str) -> str:
    """The address as a source of the policy ``form-action``: browsers hold to it when the answer to a form leads on."""
    parts = urlsplit(uri)
    if parts.scheme in ("http", "https") and _NAMED.fullmatch(parts.netloc):
        return f"{parts.scheme}://{parts.netloc}"
    return f"{parts.scheme}:"


def _without_port(uri: str) -> tuple[str, str] | None:
    """Host and the rest of an address on the person's own machine; None for any other."""
    match = _LOOPBACK.fullmatch(uri)
    if match is None or int(match[2] or 80) > 65_535 or problem_of(uri):
        return None
    return match[1], match[3] or ""
