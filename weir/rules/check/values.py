"""Checks of single texts: names of hosts and headers, networks, URLs, paths, templates.

Each gives an ``Issue`` or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from ipaddress import ip_address, ip_network

from weir.rules.bounds import MAX_NAME, MAX_STRING
from weir.rules.check.findings import Issue
from weir.rules.conditions import RESERVED
from weir.rules.names import is_bare
from weir.rules.suggest import closest
from weir.rules.template import TEMPLATE_NAMES, template_names

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""RFC 9110 §5.6.2."""

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"(?:\*\*?\.)?{_LABEL}(?:\.{_LABEL})*\.?")
_MAX_HOST = 253

_URL = re.compile(
    r"(?P<plain>https?://(?P<host>\[[^\]\s]*\]|[^\s/?#@:\[\]]+)(?::(?P<port>[0-9]{0,5}))?)(?P<more>[/?#][ -~]*)?"
)
_ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>\[[0-9a-f:.]+\]|[^\s/?#@:\[\]]+)(?::(?P<port>[1-9][0-9]{0,4}))?"
)
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_NOT_IN_PATH = re.compile(r"[\x00-\x20\x7f-\U0010ffff\\?#]")

_NOT_EDITABLE = {
    "host": "the clause host sets it",
    **dict.fromkeys(("content-length", "transfer-encoding"), "it frames the message"),
    **dict.fromkeys(
        ("connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"),
        "it belongs to one connection",
    ),
}


def name(text: str) -> Issue | None:
    """Without ``#``: what is counted is known by names and numbers that stand on its two sides."""
    if "#" in text:
        return Issue("bad-name", f'"{text}" has a # in it', "another name")
    if text and len(text) <= MAX_NAME and text.isprintable():
        return None
    return Issue("bad-name", "a name that cannot be used", f"1 to {MAX_NAME} printable characters")


def define_name(text: str) -> Issue | None:
    """A define stands in conditions without quotes, among the words of the language."""
    if text in RESERVED:
        return Issue("bad-name", f'"{text}" is a word of the language', "another name")
    if not is_bare(text):
        return Issue("bad-name", "a name that cannot stand in a condition", "letters, digits, _ - and .")
    return name(text)


def too_long(text: str) -> Issue | None:
    """JSON is held to what text can say."""
    if len(text) <= MAX_STRING:
        return None
    return Issue("too-large", f"a string of {len(text)} characters", f"at most {MAX_STRING} characters")


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
    if value.isascii() and (value.isprintable() or value.replace("\t", "").isprintable()):
        return None
    return Issue("bad-header-value", "a header value is ASCII without line breaks or control characters")


def cookie_name(name: str) -> Issue | None:
    """RFC 6265 §4.1.1."""
    if _TOKEN.fullmatch(name):
        return None
    return Issue("bad-cookie-name", f'"{name}" is not the name of a cookie', "letters, digits and hyphens")


def host_pattern(host: str) -> Issue | None:
    """A name, an address, or a wildcard ``*.`` (one label) or ``**.`` (one or more) in front of a name."""
    if _HOST.fullmatch(host) and len(host) <= _MAX_HOST:
        return None
    inner = host[1:-1] if host[:1] == "[" and host[-1:] == "]" else host
    if is_address(inner) and (inner is host or ":" in inner):
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
            "bad-network",
            f'"{text}" is not a network',
            "a network such as 10.0.0.0/8 or 2001:db8::/32",
            _masked(text),
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
    match = _URL.fullmatch(url)
    if match is None:
        return Issue("bad-url", f"{url} is not a URL of a server", expected)
    plain, host, port, more = match["plain"], match["host"], match["port"], match["more"]
    if port is not None and not 1 <= int(port or 0) <= 65_535:
        return Issue("bad-port", f"{port or 'nothing'} is not a port", "1 to 65535")
    if "*" in host or host_pattern(host):
        return Issue("bad-url", f'"{host}" is not a host', expected)
    if more:
        return Issue("bad-url", f"{url} has more than a host and a port", "rewrite clauses for paths", plain)
    return None


def origin(text: str) -> Issue | None:
    """An origin as browsers write it (RFC 6454 §6.2), ``null``, ``*``, or one with a wildcard host."""
    if text in ("*", "null"):
        return None
    expected = "one as browsers send it, such as https://app.example.com or https://*.example.com"
    match = _ORIGIN.fullmatch(text)
    if match is None:
        plain = text.lower().rstrip("/")
        suggestion = f'"{plain}"' if plain != text and _ORIGIN.fullmatch(plain) else ""
        return Issue("bad-origin", f'"{text}" is not an origin', expected, suggestion)
    scheme, host, port = match["scheme"], match["host"], match["port"]
    if host_pattern(host) or host != host.lower() or int(port or 0) > 65_535:
        suggestion = f'"{text.lower()}"' if text != text.lower() else ""
        return Issue("bad-origin", f'"{text}" is not an origin', expected, suggestion)
    if port and _DEFAULT_PORTS.get(scheme) == port:
        message = f'browsers never send the default port: "{text}" never comes'
        return Issue("bad-origin", message, suggestion=f'"{scheme}://{host}"')
    return None


def path(text: str) -> Issue | None:
    if text.startswith("/"):
        return None
    return Issue("bad-path", f'"{text}" is not a path', 'a text that begins with "/"', f'"/{text}"')


def sent_path(text: str) -> Issue | None:
    """A path, or the template of one, that becomes part of a request's target (RFC 9112 §3.2.1)."""
    found = _NOT_IN_PATH.search(text)
    if found is None:
        return path(text)
    message = f"a path cannot hold {found[0]!r}"
    return Issue("bad-path", message, "visible ASCII without \\ ? and #; others percent-encoded")


def template(text: str, captures: frozenset[str]) -> Issue | None:
    """Known names only."""
    try:
        names = template_names(text)
    except ValueError as error:
        return Issue("bad-template", str(error))
    for name in sorted(names - TEMPLATE_NAMES - captures):
        known = TEMPLATE_NAMES | captures
        expected = "a capture that every way of the condition makes, or a known name"
        return Issue(
            "unknown-name", f'nothing is called "{{{name}}}" here', expected, partial(closest, name, known)
        )
    return None


def media_type(text: str) -> Issue | None:
    if "/" not in text or header_value(text):
        return Issue("bad-media-type", f'"{text}" is not a media type', "one such as text/plain")
    return None


def method(text: str) -> Issue | None:
    if not _TOKEN.fullmatch(text):
        return Issue("bad-method", f'"{text}" is not a method', "one such as GET")
    if text != text.upper():
        return Issue(
            "bad-method", f'methods are case-sensitive; "{text}" never comes', suggestion=f'"{text.upper()}"'
        )
    return None
