"""Which names this API may be called by, and which pages may call it: against DNS rebinding and cross-site requests."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from admin_api.problems import Refusal
from weir.processes.ports import Address

_LOCAL = ("localhost", "127.0.0.1", "[::1]")


class Hosts(msgspec.Struct, frozen=True):
    """The ``Host`` values that are answered, with their port as a browser sends it, in lower case."""

    names: frozenset[str]
    secure: bool = False
    """People reach it by https, at the admin URL: cookies are ``Secure`` then."""

    def check(self, host: str) -> None:
        """Raises ``Refusal``: a name of somebody else's that points here would make this API part of their site."""
        if host.lower() not in self.names:
            raise Refusal(
                421,
                "wrong-host",
                f'This API is not called "{host[:100]}"; start it with --admin-url for another name than '
                f"{' or '.join(sorted(self.names))}.",
                title="Misdirected Request",
            )

    def check_origin(self, host: str, origin: str | None, fetch_site: str | None) -> None:
        """Of a state-changing call: browsers say which page makes it. Raises ``Refusal`` for another site's."""
        if fetch_site is not None and fetch_site not in ("same-origin", "none"):
            raise cross_site()
        if origin is not None and urlsplit_host(origin) != host.lower():
            raise cross_site()


def cross_site() -> Refusal:
    return Refusal(403, "cross-site", "A page of another site may not call this API.")


def urlsplit_host(origin: str) -> str:
    """Host and port of an origin; empty for ``null`` and what is none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def hosts_of(bound: Address, admin_url: str = "") -> Hosts:
    """Those of a listener: its address, this machine's own names for it, and the admin URL's host."""
    names = {f"{name}:{bound.port}" for name in _LOCAL}
    if bound.host not in ("", "0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        names.add(str(bound).lower())
    if bound.port == 80:
        names |= {name.rpartition(":")[0] for name in names}
    url = urlsplit(admin_url)
    if url.netloc:
        names.add(url.netloc.lower())
    return Hosts(frozenset(names), secure=url.scheme == "https")
