"""The URL of an authorization server: the ``iss`` of its tokens, and where its metadata is. Pure.

OpenID Connect Discovery 1.0 §3 and §4, RFC 8414 §2 and §3.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from weir.models.auth.redirect_uris import HOST, LOOPBACK

MAX_URL = 512
"""Characters."""
METADATA = frozenset({ipaddress.ip_address("fd00:ec2::254"), ipaddress.ip_address("100.100.100.200")})
"""Of AWS by IPv6, of Alibaba Cloud; all others are link-local."""
_PLAIN = re.compile(r"[!#-;=?-\[\]_a-z~]+")
"""Visible ASCII of a URI."""


def problem_of(url: str, *, query: bool = False) -> str:
    """Why it cannot be one, in words behind "it"; empty where it can. ``query``: it may have one, as a ``jwks_uri``."""
    if not 0 < len(url) <= MAX_URL or not _PLAIN.fullmatch(url):
        return f"is not 1 to {MAX_URL} visible ASCII characters of a URL"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is no URL"
    if parts.scheme not in ("https", "http") or not HOST.fullmatch(parts.hostname or "") or port == 0:
        return "is no URL with https and a host"
    if "@" in parts.netloc:
        return "has a user name before the host"
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        return "is http, which only 127.0.0.1, [::1] and localhost may be"
    if "#" in url or ("?" in url and not query):
        return "has a fragment" if "#" in url else "has a query"
    return ""


def is_of_the_cloud(address: str) -> bool:
    """No issuer is there: link-local, or one of the two others where clouds tell machines their credentials."""
    found = ipaddress.ip_address(address.partition("%")[0])
    plain = getattr(found, "ipv4_mapped", None) or found
    return plain.is_link_local or plain in METADATA


def metadata_urls(issuer: str) -> tuple[str, ...]:
    """Where its metadata may be, in the order in which to ask: OpenID Connect's place, then that of RFC 8414 §3.1."""
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    base = f"{parts.scheme}://{parts.netloc}"
    return (
        f"{base}{path}/.well-known/openid-configuration",
        f"{base}/.well-known/oauth-authorization-server{path}",
    )
