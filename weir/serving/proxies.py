"""Whose address a request is from when it comes through a proxy, such as the edge in front of this server.

``X-Forwarded-For`` is believed of known proxies only, and read from the right: each vouches for the one before it, and
the first address that is no known proxy is the client's. Bounds of guessing by address, and logs, rest on it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from weir.routing.networks import NetworkSet, parse_address

MAX_HOPS = 20
"""Addresses that are looked at; what stands before them is not believed."""


class BehindProxies:
    """Sets ``REMOTE_ADDR``, which everything else reads."""

    def __init__(self, application: WSGIApplication, proxies: NetworkSet) -> None:
        self._application = application
        self._proxies = proxies

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["REMOTE_ADDR"] = client_address(
            environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR", ""), self._proxies
        )
        return self._application(environ, start_response)


def client_address(peer: str, forwarded_for: str, proxies: NetworkSet) -> str:
    """``peer`` is who the connection is from."""
    for hop in reversed(forwarded_for.rsplit(",", MAX_HOPS)[-MAX_HOPS:]):
        told = plain_address(hop.strip())
        if not told or parse_address(peer) not in proxies:
            break
        peer = told
    return peer


def plain_address(text: str) -> str:
    """As everyone writes it (RFC 5952); empty for what is none, and for one with a zone, which could be any text."""
    try:
        return "" if "%" in text else str(ipaddress.ip_address(text))
    except ValueError:
        return ""
