"""From the text of a setting to its checked value; each function raises ValueError with one clear clause.

The clause completes the sentence that begins with the flag or variable: ``--status: "x" is not HOST:PORT …``.
"""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from urllib.parse import urlsplit

from weir.processes.ports import Address, parse_address

MAX_WORKERS = 1024
CLUSTER_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""A DNS label: it stands in every key of the store, and needs no escaping there."""
NODE_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
RATIO = re.compile(r"\d(\.\d{1,9})?", re.ASCII)
DURATION = re.compile(r"(\d{1,9})(ms|s|m|h)", re.ASCII)
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
ROTATION = re.compile(r"(\d{1,4})(h|d)", re.ASCII)
SIZE = re.compile(r"(\d{1,9})(B|KiB|MiB)", re.ASCII)
BYTES = {"B": 1, "KiB": 1024, "MiB": 1024 * 1024}
MAX_COUNT = 1_000_000
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
STORE_SCHEMES = ("redis", "rediss", "unix", "redis+sentinel", "redis+cluster")
ON = frozenset({"1", "true", "yes", "on"})
OFF = frozenset({"0", "false", "no", "off"})


def http_address(text: str) -> Address:
    """``[http://]HOST:PORT``."""
    if text.lower().startswith("https://"):
        raise ValueError(f'"{text}" asks for TLS, which is not built yet; write http:// or HOST:PORT')
    return parse_address(text.removeprefix("http://").removesuffix("/"))


MAX_NETWORKS = 100


def networks(text: str) -> tuple[str, ...]:
    """Addresses and CIDRs with spaces or commas between them; ``none``."""
    words = () if text == "none" else tuple(text.replace(",", " ").split())
    if (not words and text != "none") or len(words) > MAX_NETWORKS:
        raise ValueError(f"needs 1 to {MAX_NETWORKS} addresses or CIDRs such as 10.0.0.0/8, or none")
    for word in words:
        try:
            ipaddress.ip_network(word)
        except ValueError:
            raise ValueError(f'"{word[:60]}" is no address and no CIDR such as 10.0.0.0/8') from None
    return words


def address_or_none(text: str) -> Address | None:
    """``HOST:PORT``; empty is nowhere."""
    return parse_address(text) if text else None


def directory(text: str) -> Path:
    """A directory that need not exist yet."""
    return _path(text, "a directory")


def file(text: str) -> Path:
    """A file that need not exist yet."""
    return _path(text, "a file")


def _path(text: str, what: str) -> Path:
    if not text or "\0" in text:
        raise ValueError(f"the name of {what} is missing")
    return Path(text)


def store_url(text: str) -> str:
    """The address of the store; empty means the embedded one."""
    if text == "":
        return text
    scheme, separator, rest = text.partition("://")
    if not separator or scheme not in STORE_SCHEMES or not rest:
        known = ", ".join(f"{name}://" for name in STORE_SCHEMES)
        raise ValueError(f'"{without_password(text)}" is no store address; it begins with one of {known}')
    return text


def without_password(url: str) -> str:
    """The same URL with its password hidden, for logs and error sentences."""
    try:
        password = urlsplit(url).password
    except ValueError:
        return url.partition("://")[0] + "://…"
    return url.replace(f":{password}@", ":…@") if password else url


def workers(text: str) -> int:
    """How many worker processes; 0 is one for each core."""
    if not (text.isascii() and text.isdigit() and len(text) <= 6) or int(text) > MAX_WORKERS:
        raise ValueError(f'"{text}" is not a number between 0 and {MAX_WORKERS}')
    return int(text)


def admin_workers(text: str) -> int:
    """At least one."""
    number = workers(text)
    if number == 0:
        raise ValueError(f'"{text}" is not a number between 1 and {MAX_WORKERS}')
    return number


def admin_url(text: str) -> str:
    """``http(s)://host[:port]`` without anything behind it; empty means that there is none."""
    url = text.removesuffix("/")
    parts = urlsplit(url)
    try:
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if text and (not sound or "@" in parts.netloc or url != f"{parts.scheme}://{parts.netloc}"):
        raise ValueError(f'"{text}" is not http:// or https:// with a host, such as https://weir.example.com')
    return url


def public_url(text: str) -> str:
    """As ``admin_url``, but http only for this machine's own addresses: what goes there are secrets and tokens."""
    url = admin_url(text)
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError(f'"{text}" is not https://, which everything but this machine needs')
    return url.lower()


def rotation(text: str) -> float:
    """Seconds, from ``12h`` or ``30d``; an hour to 365 days."""
    found = ROTATION.fullmatch(text)
    seconds = int(found[1]) * (86400.0 if found[2] == "d" else 3600.0) if found else 0.0
    if not 3600 <= seconds <= 365 * 86400:
        raise ValueError(f'"{text}" is not a time between 1h and 365d, such as 30d')
    return seconds


def duration(text: str) -> float:
    """Seconds, from ``500ms``, ``10s``, ``2m`` or ``1h``; a millisecond to a day."""
    found = DURATION.fullmatch(text)
    seconds = int(found[1]) * SECONDS[found[2]] if found else 0.0
    if not 0.001 <= seconds <= 86400:
        raise ValueError(f'"{text}" is not a time between 1ms and 24h, such as 500ms, 10s or 2m')
    return seconds


def duration_or_none(text: str) -> float:
    """The same, and 0 for none: ``0s``."""
    return 0.0 if DURATION.fullmatch(text) and not int(text.rstrip("msh")) else duration(text)


def size(text: str) -> int:
    """Bytes, from ``512B`` or ``8KiB``; at least one, at most 1 MiB."""
    found = SIZE.fullmatch(text)
    number = int(found[1]) * BYTES[found[2]] if found else 0
    if not 1 <= number <= 1024 * 1024:
        raise ValueError(f'"{text}" is not a size between 1B and 1MiB, such as 8KiB')
    return number


def count(text: str) -> int:
    """A number from 1 to a million."""
    number = count_or_none(text)
    if number == 0:
        raise ValueError(f'"{text}" is not a number between 1 and {MAX_COUNT}')
    return number


def count_or_unsaid(text: str) -> int:
    """As ``count``; empty is 0."""
    return count(text) if text else 0


def count_or_none(text: str) -> int:
    """A number up to a million; 0 is no limit."""
    if not (text.isascii() and text.isdigit() and len(text) <= 7) or int(text) > MAX_COUNT:
        raise ValueError(f'"{text}" is not a number between 0 and {MAX_COUNT}')
    return int(text)


def node_name(text: str) -> str:
    """A node's name; empty means the host name."""
    if text and not NODE_NAME.fullmatch(text):
        raise ValueError(f'"{text}" is no node name; use up to 63 letters, digits, dots, dashes, underscores')
    return text


def cluster_name(text: str) -> str:
    if not CLUSTER_NAME.fullmatch(text):
        raise ValueError(f'"{text}" is no cluster name; use at most 63 of a-z, 0-9 and - (not at the ends)')
    return text


def proxy_protocol(text: str) -> str:
    """Which PROXY protocol a listener's connections begin with."""
    if text not in ("off", "v1", "v2"):
        raise ValueError(f'"{text}" is not one of off, v1, v2')
    return text


def log_target(text: str) -> str:
    """``-`` is standard output, ``off`` writes nothing, anything else is a file."""
    if not text or "\0" in text:
        raise ValueError("the name of a file, - or off is missing")
    return text


def otlp_endpoint(text: str) -> str:
    """Where spans go; empty is nowhere."""
    parts = urlsplit(text)
    sound = parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment)
    try:
        if text and (not sound or "@" in parts.netloc or parts.port == 0):
            raise ValueError
    except ValueError:
        raise ValueError(
            f'"{text}" is not the address of a collector, such as http://localhost:4318'
        ) from None
    return text


def otlp_headers(text: str) -> dict[str, str]:
    """Header fields, as ``name=value,name=value``."""
    pairs = [pair.strip().partition("=") for pair in text.split(",") if pair.strip()]
    for name, equals, value in pairs:
        if not equals or not HEADER_NAME.fullmatch(name) or not value.isascii() or not value.isprintable():
            raise ValueError("the headers are not name=value, separated by commas")
    return {name: value for name, _, value in pairs}


def ratio(text: str) -> float:
    """A share from 0 to 1."""
    if not RATIO.fullmatch(text) or float(text) > 1:
        raise ValueError(f'"{text}" is not a share between 0 and 1, such as 0.1')
    return float(text)


def log_format(text: str) -> str:
    """How lines of the access log look."""
    if text not in ("json", "combined"):
        raise ValueError(f'"{text}" is not one of json, combined')
    return text


def switch(text: str) -> bool:
    """Yes or no, as variables say it."""
    if text.lower() in ON | OFF:
        return text.lower() in ON
    raise ValueError(f'"{text}" is neither 1 (yes) nor 0 (no)')
