"""Where an authorization server may send a browser back to (RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1). Pure.

A redirect URI is registered as it stands and later compared as text, so whatever could be read in two ways is refused
here.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

MAX_URI = 512
"""Characters."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_PLAIN = re.compile(r"[!#-;=?-\[\]_a-z~]+")
"""Visible ASCII without what a URI never has: quotation marks, ``<>\\^`{|}``."""
_PRIVATE = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
HOST = re.compile(r"[a-z0-9]([a-z0-9_.-]*[a-z0-9])?|[0-9a-f:.]*:[0-9a-f:.]*")
"""A name in small letters, or an address; nothing percent-encoded."""
_DOTS = re.compile(r"(?:\.|%2e){1,2}", re.IGNORECASE)


def problem_of(uri: str) -> str:
    """Why it may not be registered, in words behind "it"; empty where it may."""
    if not 0 < len(uri) <= MAX_URI or not _PLAIN.fullmatch(uri):
        return f"is not 1 to {MAX_URI} visible ASCII characters of a URI"
    if "#" in uri:
        return "has a fragment"
    if "*" in uri:
        return "has a wildcard; every address is registered by itself"
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return "is no URI"
    if port == 0:
        return "has no port that a browser can go to"
    return _problem_of(uri, parts)


def _problem_of(uri: str, parts: SplitResult) -> str:
    if not uri.startswith(f"{parts.scheme}:"):
        return "has a scheme in capital letters"
    if parts.scheme in ("https", "http"):
        return _problem_of_web(parts)
    if not _PRIVATE.fullmatch(parts.scheme):
        return "is neither https, nor http on this machine, nor of a scheme such as com.example.app"
    return (
        "" if parts.path.startswith("/") and not parts.netloc else "is not of the form com.example.app:/path"
    )


def _problem_of_web(parts: SplitResult) -> str:
    if "@" in parts.netloc:
        return "has a user name before the host"
    if (
        not HOST.fullmatch(parts.hostname or "")
        or parts.netloc != parts.netloc.lower()
        or parts.netloc.endswith(":")
    ):
        return "has no host in small letters"
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        return "is http, which only 127.0.0.1, [::1] and localhost may be"
    if any(_DOTS.fullmatch(segment) for segment in parts.path.split("/")):
        return "has a segment of dots in its path"
    return ""
