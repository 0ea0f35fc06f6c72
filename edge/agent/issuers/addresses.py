"""Which addresses an issuer may have, and where its documents stand (OIDC Discovery §4, RFC 8414 §3). Pure."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

MAX_URL = 2048


def problem_of(url: str) -> str:
    """Why nothing is fetched from there, as a sentence's end; empty where it may be."""
    if (
        len(url) > MAX_URL
        or not url.isascii()
        or any(letter <= " " or letter in '"<>\\^`{|}\x7f' for letter in url)
    ):
        return "is no address"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "is no address"
    if parts.scheme not in ("https", "http") or not host or port == 0:
        return "is no https address"
    if parts.scheme == "http" and not is_loopback(host):
        return "is not https, and not on this machine"
    if parts.username is not None or parts.password is not None or "#" in url:
        return "has a user name, a password or a fragment"
    return ""


def problem_of_keys(url: str, issuer: str) -> str:
    """The same of the address of an issuer's keys: only an issuer on this machine may have them there without TLS."""
    problem = problem_of(url)
    if not problem and urlsplit(url).scheme == "http" and urlsplit(issuer).scheme != "http":
        return "is not https"
    return problem


def discovery_urls(issuer: str) -> tuple[str, ...]:
    """Where an issuer may say where its keys are; the first that is there counts."""
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    return (
        _url(parts, f"{path}/.well-known/openid-configuration"),
        _url(parts, f"/.well-known/oauth-authorization-server{path}"),
    )


def is_loopback(host: str) -> bool:
    """By its text alone: a name that resolves to this machine today may be another's tomorrow."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _url(parts: SplitResult, path: str) -> str:
    return parts._replace(path=path, query="", fragment="").geturl()
