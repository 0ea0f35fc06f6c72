"""Paths as they were sent: a ``%2F`` inside a segment is part of a name, such as the URL of a target.

WSGI decodes the path before anybody sees its segments, so the raw target is put back in its place, and the segments are
decoded one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from werkzeug.routing import BaseConverter

from weir.api.operation import BASE, Operation

_NAME = re.compile(r"\{([a-z_]+)\}")
WSGI = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Segment(BaseConverter):
    """One segment, percent-encoded as it came; its value is decoded."""

    regex = "[^/]{1,2048}"
    part_isolating = True

    def to_python(self, value: str) -> str:
        return unquote(value)

    def to_url(self, value: Any) -> str:
        return quote(str(value), safe="")


class RawPaths:
    """WSGI middleware: ``PATH_INFO`` becomes the path as it was sent."""

    def __init__(self, app: WSGI) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        raw = str(environ.get("RAW_URI") or "")
        if raw:
            environ["PATH_INFO"] = path_of(raw)
        return self._app(environ, start_response)


def path_of(target: str) -> str:
    """Of a request target in origin or absolute form (RFC 9112 §3.2)."""
    if target.startswith("/"):
        return target.partition("?")[0]
    try:
        return urlsplit(target).path or "/"
    except ValueError:
        return "/"


def is_utf8(path: str) -> bool:
    """Whether a percent-encoded path means text."""
    try:
        unquote(path, errors="strict")
    except UnicodeDecodeError:
        return False
    return True


def rule_of(operation: Operation) -> str:
    """The operation's path as Flask writes it."""
    return BASE + _NAME.sub(r"<segment:\1>", operation.path)
