"""Templates of redirect, rewrite and header values, compiled once: ``{uri}``, ``{path}``, captures… to text.

Where the text goes decides how values are made safe: into a path or an address, what cannot stand there is
percent-encoded; into a header, control characters are. So CR and LF never get through, wherever they came from.
Names are checked when the rule is published; the tokenizer is the rule language's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import quote

from weir.rules.template import template_parts


class Values(Protocol):
    """Where names get their values."""

    @property
    def captures(self) -> Mapping[str, str]: ...

    def template_value(self, name: str) -> str:
        """Of a name every template may use."""


Render = Callable[[Values], str]
Encode = Callable[[str], str]

_KEPT_IN_ADDRESS = "/?:@!$&'()*+,;=~-._%#[]"
_KEPT_IN_PATH = "/:@!$&'()*+,;=~-._%"
_WITH_QUERY = ("uri", "query")
"""Names whose value may bring a query into a path."""
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def compile_template(text: str, encode: Encode) -> Render:
    """Raises ValueError for braces that do not match, and for control characters but the tab.

    A capture hides a general name of the same spelling.
    """
    if _CONTROL.search(text.replace("\t", "")):
        raise ValueError("a template has no control characters")
    steps = [_name(part.text, encode) if part.is_name else part.text for part in template_parts(text)]
    if all(isinstance(step, str) for step in steps):
        whole = "".join(step for step in steps if isinstance(step, str))
        return lambda _values: whole

    def render(values: Values) -> str:
        return "".join([step if isinstance(step, str) else step(values) for step in steps])

    return render


def is_fixed(text: str) -> bool:
    """Whether a template comes to the same for every request."""
    return not any(part.is_name for part in template_parts(text))


def compile_location(text: str) -> Render:
    """A redirect's address. Raises as ``compile_template`` does.

    A value cannot turn a path into another host: what begins with ``//`` does so only where the rule says it.
    """
    render = compile_template(text, for_address)
    if text.startswith("//"):
        return render

    def location(values: Values) -> str:
        found = render(values)
        return "/" + found.lstrip("/") if found.startswith("//") else found

    return location


def for_address(text: str) -> str:
    """A value that goes into a Location."""
    return _escaped(text, _KEPT_IN_ADDRESS)


def for_path(text: str) -> str:
    """A value that goes into a path; ``?`` and ``#`` would end it."""
    return _escaped(text, _KEPT_IN_PATH)


def for_header(text: str) -> str:
    """A value that goes into a header."""
    if text.isascii() and text.isprintable():
        return text
    return _CONTROL.sub(lambda found: f"%{ord(found.group()):02X}", text)


def _escaped(text: str, kept: str) -> str:
    return quote(_BAD_ESCAPE.sub("%25", text) if "%" in text else text, safe=kept)


def _name(name: str, encode: Encode) -> Render:
    whole = for_address if encode is for_path and name in _WITH_QUERY else encode

    def value(values: Values) -> str:
        captured = values.captures.get(name)
        return whole(values.template_value(name)) if captured is None else encode(captured)

    return value
