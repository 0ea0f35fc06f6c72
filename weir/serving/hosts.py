"""Which names a server may be called by, and which pages may call it: against DNS rebinding and cross-site requests."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from weir.processes.ports import Address

_LOCAL = ("localhost", "127.0.0.1", "[::1]")


class WrongHost(Exception):
    """Called by a name that is not this server's: 421 (RFC 9110 §15.5.20)."""


class CrossSite(Exception):
    """A page of another site calls: 403."""


class Hosts(msgspec.Struct, frozen=True):
    """The ``Host`` values that are answered, with their port as a browser sends it, in lower case."""

    names: frozenset[str]
    flag: str = ""
    secure: bool = False
    """People reach it by https, at its public URL: cookies are ``Secure`` then."""

    def check(self, host: str) -> None:
        """Raises ``WrongHost``: a name of somebody else's that points here would make this part of their site."""
        if host.lower() not in self.names:
            raise WrongHost(
                f'This is not called "{host[:100]}"; start it with {self.flag} for another name than '
                f"{' or '.join(sorted(self.names))}."
            )

    def check_origin(self, host: str, origin: str | None, fetch_site: str | None) -> None:
        """Of a state-changing call: browsers say which page makes it. Raises ``CrossSite`` for another site's."""
        if fetch_site is not None and fetch_site not in ("same-origin", "none"):
            raise CrossSite("A page of another site may not call this.")
        if origin is not None and urlsplit_host(origin) != host.lower():
            raise CrossSite("A page of another site may not call this.")


def urlsplit_host(origin: str) -> str:
    """Host and port of an origin; empty for ``null`` and what is none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def hosts_of(bound: Address, public_url: str = "", flag: str = "") -> Hosts:
    """Those of a listener: its address, this machine's own names for it, and the public URL's host.

    ``flag`` sets that URL, as a refusal says.
    """
    names = {f"{name}:{bound.port}" for name in _LOCAL}
    if bound.host not in ("", "0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        names.add(str(bound).lower())
    if bound.port == 80:
        names |= {name.rpartition(":")[0] for name in names}
    url = urlsplit(public_url)
    if url.netloc:
        names.add(url.netloc.lower())
    return Hosts(frozenset(names), secure=url.scheme == "https", flag=flag)
