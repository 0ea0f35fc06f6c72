"""Store URLs: what may be written, and what it means. Pure.

``redis://[user:password@]host[:port][/db]``, ``rediss://`` (TLS), ``unix://[user:password@]/path?db=0``,
``redis+sentinel://[user:password@]host:26379,…/master[/db]`` and ``redis+cluster://[user:password@]host:6379,…``;
``rediss+sentinel`` and ``rediss+cluster`` are those over TLS. Options stand behind ``?``; an unknown one is refused,
so that a misspelt ``ssl_ca_certs`` never means an unchecked connection.
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import msgspec

from weir.store.errors import StoreError

Kind = Literal["single", "unix", "sentinel", "cluster"]

_KIND_OF_SCHEME: dict[str, tuple[Kind, bool]] = {
    "redis": ("single", False),
    "rediss": ("single", True),
    "unix": ("unix", False),
    "redis+sentinel": ("sentinel", False),
    "rediss+sentinel": ("sentinel", True),
    "redis+cluster": ("cluster", False),
    "rediss+cluster": ("cluster", True),
}
_TLS_OPTIONS = frozenset({"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"})
_DEFAULT_PORT = {"single": 6379, "cluster": 6379, "sentinel": 26379}
MAX_HOSTS = 64


class StoreUrl(msgspec.Struct, frozen=True, kw_only=True):
    """A store URL taken apart."""

    kind: Kind
    hosts: tuple[tuple[str, int], ...] = ()
    path: str = ""
    """Of the unix socket."""
    master: str = ""
    """The name by which Sentinel knows the group."""
    db: int = 0
    user: str = ""
    password: str = ""
    sentinel_user: str = ""
    sentinel_password: str = ""
    """``?sentinel_password=…``; Sentinels have their own accounts."""
    tls: bool = False
    tls_files: dict[str, str] = {}

    def shown(self) -> str:
        """For messages and logs: without user and password."""
        if self.kind == "unix":
            return f"unix://{self.path}"
        scheme = ("rediss" if self.tls else "redis") + ("" if self.kind == "single" else f"+{self.kind}")
        places = ",".join(
            f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.hosts
        )
        return f"{scheme}://{places}" + (f"/{self.master}" if self.master else "")


def parse_url(text: str) -> StoreUrl:
    """Raise StoreError with one sentence (never with the password) if ``text`` is no store URL."""
    try:
        parts = urlsplit(text)
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError as error:
        raise StoreError(f"the store URL cannot be read: {error}") from None
    if parts.scheme not in _KIND_OF_SCHEME:
        known = ", ".join(f"{scheme}://" for scheme in _KIND_OF_SCHEME)
        raise StoreError(f"the store URL must begin with one of {known}")
    kind, tls = _KIND_OF_SCHEME[parts.scheme]
    _check_options(kind, tls, options)
    account, _, places = parts.netloc.rpartition("@")
    user, _, password = account.partition(":")
    master, db = _path_of(kind, parts, options)
    return StoreUrl(
        kind=kind,
        hosts=() if kind == "unix" else _hosts(places, _DEFAULT_PORT[kind]),
        path=unquote(parts.path) if kind == "unix" else "",
        master=master,
        db=db,
        user=unquote(user),
        password=unquote(password),
        sentinel_user=options.get("sentinel_user", ""),
        sentinel_password=options.get("sentinel_password", ""),
        tls=tls,
        tls_files={name: value for name, value in options.items() if name in _TLS_OPTIONS},
    )


def _check_options(kind: Kind, tls: bool, options: dict[str, str]) -> None:
    allowed: set[str] = set(_TLS_OPTIONS) if tls else set()
    if kind == "unix":
        allowed.add("db")
    if kind == "sentinel":
        allowed |= {"sentinel_user", "sentinel_password"}
    for name in options:
        if name not in allowed:
            hint = f"; it takes {', '.join(sorted(allowed))}" if allowed else ""
            raise StoreError(f"the store URL has an unknown option {name!r}{hint}")


def _path_of(kind: Kind, parts: SplitResult, options: dict[str, str]) -> tuple[str, int]:
    """The Sentinel group and the database number."""
    if kind == "unix":
        if parts.netloc.rpartition("@")[2] or not parts.path.startswith("/") or parts.path == "/":
            raise StoreError("a unix store URL needs an absolute path, as in unix:///run/weir/store.sock")
        return "", _database(options.get("db", ""))
    names = [unquote(name) for name in parts.path.split("/") if name]
    master = ""
    if kind == "sentinel":
        if not names:
            raise StoreError(
                "a Sentinel URL ends with the group's name, as in redis+sentinel://host:26379/mymaster"
            )
        master = names.pop(0)
    if kind == "cluster" and names:
        raise StoreError("a Redis Cluster has no database numbers; the store URL must end after the hosts")
    if len(names) > 1:
        raise StoreError("the store URL has too many parts after the host")
    return master, _database(names[0] if names else "")


def _database(text: str) -> int:
    if not text:
        return 0
    if not text.isascii() or not text.isdigit() or int(text) > 1_000_000:
        raise StoreError(f"the store URL names the database {text!r}; it must be a number from 0")
    return int(text)


def _hosts(places: str, default_port: int) -> tuple[tuple[str, int], ...]:
    hosts = tuple(_host(place, default_port) for place in places.split(","))
    if len(hosts) > MAX_HOSTS:
        raise StoreError(f"the store URL names {len(hosts)} hosts; at most {MAX_HOSTS} are read")
    return hosts


def _host(place: str, default_port: int) -> tuple[str, int]:
    try:
        parsed = urlsplit(f"//{place}")
        host, port = parsed.hostname, parsed.port
    except ValueError:
        host, port = None, None
    if not host:
        raise StoreError(f"the store URL names the host {place!r}; it must be host or host:port")
    return host, default_port if port is None else port
