"""How names are printed: bare where that reads back as the same name, quoted elsewhere."""

from __future__ import annotations

import re

from weir.rules.lexer import quote

_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[.\-][A-Za-z0-9_]+)*")
_URL = re.compile(r"https?://(?:\[[0-9A-Fa-f:.]+\])?[^\s;,{}\"\[\]()\#]*")
_PATH = re.compile(r"/[^\s;,{}\"\[\]()\#]*")


def is_bare(name: str) -> bool:
    """Whether a name is one word of the language, so that it needs no quotes."""
    return bool(_BARE.fullmatch(name))


def write_name(name: str) -> str:
    return name if is_bare(name) else quote(name)


def write_url(url: str) -> str:
    return url if _URL.fullmatch(url) else quote(url)


def write_destination(to: str) -> str:
    """A URL is bare, as a name is; ``by`` would read as the start of ``proxy by path``."""
    return to if to != "by" and is_bare(to) else write_url(to)


def write_path(path: str) -> str:
    return path if _PATH.fullmatch(path) else quote(path)
