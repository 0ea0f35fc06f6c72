"""Checks of single texts: names of hosts and headers, networks, URLs, paths, templates.

Each gives an ``Issue`` or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from weir.rules.check.findings import Issue
from weir.rules.suggest import closest
from weir.rules.template import TEMPLATE_NAMES, template_names

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""RFC 9110 §5.6.2."""

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"(?:\*\*?\.)?{_LABEL}(?:\.{_LABEL})*\.?")
_MAX_HOST = 253

_NOT_EDITABLE = {
    "host": "the clause host sets it",
    **dict.fromkeys(("content-length", "transfer-encoding"), "it frames the message"),
    **dict.fromkeys(
        ("connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"),
        "it belongs to one connection",
    ),
}


def header_name(name: str) -> Issue | None:
    if _TOKEN.fullmatch(name):
        return None
    return Issue("bad-header-name", f'"{name}" is not the name of a header', "letters, digits and hyphens")


def editable_header(name: str) -> Issue | None:
    """A header that rules may change: not those that frame messages or belong to one connection."""
    reason = _NOT_EDITABLE.get(name.lower())
    if reason:
        return Issue("header-not-editable", f'"{name}" cannot be changed by a rule: {reason}')
    return header_name(name)


def header_value(value: str) -> Issue | None:
    """RFC 9110 §5.5 without obsolete text: visible characters, spaces and tabs."""
    if all(char == "\t" or (char.isprintable() and ord(char) < 256) for char in value):
        return None
    return Issue("bad-header-value", "a header value cannot hold line breaks or control characters")


def host_pattern(host: str) -> Issue | None:
    """A name, an address, or a wildcard ``*.`` (one label) or ``**.`` (one or more) in front of a name."""
    if is_address(host.strip("[]")) or (_HOST.fullmatch(host) and len(host) <= _MAX_HOST):
        return None
    suggestion = f'"{host.rsplit(":", 1)[0]}"' if re.fullmatch(r"[^:]+:\d+", host) else ""
    return Issue(
        "bad-host", f'"{host}" is not a host', "a name without a port, such as *.example.com", suggestion
    )


def is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def network(text: str) -> Issue | None:
    try:
        ip_network(text)
    except ValueError:
        return Issue(
            "bad-network", f'"{text}" is not a network', "such as 10.0.0.0/8 or 2001:db8::/32", _masked(text)
        )
    return None


def networks(texts: Iterable[str]) -> Issue | None:
    """The first that is none."""
    texts = tuple(texts)
    if not texts:
        return Issue("empty-list", "the list is empty", "at least one network")
    return next(filter(None, map(network, texts)), None)


def _masked(text: str) -> str:
    try:
        return f'"{ip_network(text, strict=False)}"'
    except ValueError:
        return ""


def target_url(url: str) -> Issue | None:
    """``http://host:port`` without anything behind it."""
    expected = "a URL such as http://orders.prod:8080"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return Issue("bad-url", f"{url} is not a URL: {error}", expected)
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        return Issue("bad-url", f"{url} is not a URL of a server", expected)
    if (
        parts.path not in ("", "/")
        or parts.query
        or parts.fragment
        or parts.username is not None
        or url.endswith("/")
    ):
        plain = f"{parts.scheme}://{parts.netloc.rsplit('@', 1)[-1]}"
        return Issue("bad-url", f"{url} has more than a host and a port", "rewrite clauses for paths", plain)
    hostname = parts.hostname
    if is_address(hostname) or (host_pattern(hostname) is None and "*" not in hostname):
        return None
    return Issue("bad-url", f'"{hostname}" is not a host', expected)


def path(text: str) -> Issue | None:
    if text.startswith("/"):
        return None
    return Issue("bad-path", f'"{text}" is not a path', 'a text that begins with "/"', f'"/{text}"')


def template(text: str, captures: frozenset[str]) -> Issue | None:
    """Known names only."""
    try:
        names = template_names(text)
    except ValueError as error:
        return Issue("bad-template", str(error))
    for name in sorted(names - TEMPLATE_NAMES - captures):
        known = TEMPLATE_NAMES | captures
        expected = "a capture that every way of the condition makes, or a known name"
        return Issue("unknown-name", f'nothing is called "{{{name}}}" here', expected, closest(name, known))
    return None


def media_type(text: str) -> Issue | None:
    if "/" not in text or header_value(text):
        return Issue("bad-media-type", f'"{text}" is not a media type', "such as text/plain")
    return None


def method(text: str) -> Issue | None:
    if not _TOKEN.fullmatch(text):
        return Issue("bad-method", f'"{text}" is not a method', "such as GET")
    if text != text.upper():
        return Issue(
            "bad-method", f'methods are case-sensitive; "{text}" never comes', suggestion=f'"{text.upper()}"'
        )
    return None
