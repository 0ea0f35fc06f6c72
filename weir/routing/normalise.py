"""The one form of a path, for requests and for what rules say.

The path that is routed is the path that is sent, so both sides of every comparison pass here: dot segments resolved
(RFC 3986 §5.2.4), repeated slashes merged (a setting), escapes of unreserved characters decoded and the others
upper-cased (RFC 3986 §6.2.2). ``%2F`` stays what it is: data, not a separator. What cannot be understood is refused.
So is a dot segment that only other readers would see: ``/..;x/`` (servlet containers cut parameters off before they
resolve dots) and ``/..%2F`` (many decode first).
"""

from __future__ import annotations

import re


class BadPath(ValueError):
    """A path that is refused; the text says why. The edge answers 400."""


_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
_SLASHES = re.compile(r"//+")
_HIDDEN_DOTS = re.compile(r"(?:/|%2F|%5C)\.\.?(?:;|%3B|%2F|%5C)|(?:%2F|%5C)\.\.?(?:/|$)")
_REFUSED = re.compile(r"[\x00-\x20\x7f-\U0010ffff\\?#]")


def normalise_path(path: str, merge_slashes: bool = True) -> str:
    """The normal form of an absolute path without its query. Raises BadPath.

    ``..`` above the root stays at the root, as RFC 3986 §5.2.4 has it. Idempotent.
    """
    if _is_plain(path):
        return path
    if path[:1] != "/":
        raise BadPath("a path must begin with /")
    path = normalise_fragment(path, merge_slashes)
    refuse_hidden_dots(path)
    return _without_dot_segments(path) if "/." in path else path


def _is_plain(path: str) -> bool:
    """Whether nothing needs a look; runs for every request, and substring searches are faster than any regex."""
    return (
        path.isascii()
        and path.isprintable()
        and "%" not in path
        and "//" not in path
        and "/." not in path
        and " " not in path
        and "\\" not in path
        and "#" not in path
        and "?" not in path
        and path.startswith("/")
    )


def normalise_fragment(text: str, merge_slashes: bool = True) -> str:
    """A piece of a path, as ``contains`` and its relatives take it: all but dot segments. Raises BadPath."""
    _refuse(text)
    if "%" in text:
        text = _ESCAPE.sub(_escape, text)
    return _SLASHES.sub("/", text) if merge_slashes and "//" in text else text


def refuse_hidden_dots(path: str) -> None:
    """``path`` has its escapes in normal form. Raises BadPath."""
    if _HIDDEN_DOTS.search(path):
        raise BadPath("a dot segment with a parameter or behind an encoded slash is not allowed in a path")


def _refuse(text: str) -> None:
    found = _REFUSED.search(text)
    if found is None:
        return
    character = found.group()
    if character == "\\":
        raise BadPath("a backslash is not allowed in a path")
    if character in "?#":
        raise BadPath(f"{character} is not part of a path")
    if character == " ":
        raise BadPath("a space must be written as %20 in a path")
    if character > "\x7f":
        raise BadPath("a character outside ASCII must be percent-encoded in a path")
    raise BadPath("a control character is not allowed in a path")


def _escape(found: re.Match[str]) -> str:
    digits = found.group(1)
    if digits is None:
        raise BadPath("% must be followed by two hexadecimal digits")
    character = chr(int(digits, 16))
    if character == "\x00":
        raise BadPath("%00 is not allowed in a path")
    return character if character in _UNRESERVED else f"%{digits.upper()}"


def _without_dot_segments(path: str) -> str:
    """RFC 3986 §5.2.4, on segments: a last ``.`` or ``..`` leaves the slash before it."""
    kept: list[str] = []
    segments = path[1:].split("/")
    for segment in segments:
        if segment == "..":
            if kept:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
