"""How names are printed: bare where that reads back as the same name, quoted elsewhere."""

from __future__ import annotations

import re

from weir.rules.lexer import quote

_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[.\-][A-Za-z0-9_]+)*")
_URL = re.compile(r"https?://(?:\[[0-9A-Fa-f:.]+\])?[^\s;,{}\"\[\]()\#]*")
_PATH = re.compile(r"/[^\s;,{}\"\[\]()\#]*")


def write_name(name: str) -> str:
    return name if _BARE.fullmatch(name) else quote(name)


def write_destination(to: str) -> str:
    """A URL is bare, as a name is; ``by`` would read as the start of ``proxy by path``."""
    return to if to != "by" and (_BARE.fullmatch(to) or _URL.fullmatch(to)) else quote(to)


def write_path(path: str) -> str:
    return path if _PATH.fullmatch(path) else quote(path)
