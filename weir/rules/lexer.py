"""Text → tokens, one by one. Every character of the input is looked at a bounded number of times.

Newlines and ``;`` are tokens, because a clause ends there. A comment is a token of its own; the parser decides
whose it is. What cannot be read is reported and becomes a token all the same, so that reading goes on behind it and
one run finds everything. A byte order mark at the beginning is no character of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec

from weir.rules.bounds import MAX_STRING
from weir.rules.problems import Problems

Kind: TypeAlias = Literal["word", "string", "number", "url", "path", "symbol", "comment", "newline", "end"]


class Token(msgspec.Struct, frozen=True, gc=False):
    """A struct rather than a tuple: a long text has a million of them, and structs are made in half the time."""

    kind: Kind
    text: str
    """As written; for a string its value, for a comment what follows ``# ``."""
    line: int
    column: int


_TOKEN = re.compile(
    r"""
    [ \t\r]*
    (?: (?P<comment>\#[^\n]*)
      | (?P<newline>\n)
      | (?P<url>https?://(?:\[[0-9A-Fa-f:.]+\])?[^\s;,{}"\[\]()\#]*)
      | (?P<path>/[^\s;,{}"\[\]()\#]*)
      | (?P<number>\d++(?:\.\d++)?+(?:[A-Za-z]++|%)?+(?![\w.:/\-]))
      | (?P<string>"(?:[^"\\\n]|\\.)*")
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*(?:[.\-][A-Za-z0-9_]+)*)
      | (?P<symbol>->|==|!=|[{}()\[\],;=:])
      | (?P<end>\Z)
      | (?P<unreadable>"[^\n]*|'[^'\n]*'|[^\s"\#{}\[\](),;]+|.)
    )
    """,
    re.VERBOSE,
)
"""Matches at every place of every text."""

_BYTE_ORDER_MARK = "\ufeff"
_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t", "r": "\r"}
_ESCAPE = re.compile(r"\\(u\{([0-9a-fA-F]{1,6})\}|.)", re.DOTALL)
_MEANT = {"'": "double quotes", "&": '"and"', "|": '"or"', "!": '"not" or "!="'}


def tokens_of(text: str, problems: Problems, start: int = 0, end: int | None = None) -> Iterator[Token]:
    """All tokens, the last of kind ``end``; what could not be read is added to ``problems``.

    ``start`` and ``end`` are beginnings of lines: no token goes beyond its line. Lines count from ``start``.
    """
    line, line_start = 1, start or int(text.startswith(_BYTE_ORDER_MARK))
    for match in _TOKEN.finditer(text, line_start, len(text) if end is None else end):
        kind: str = match.lastgroup  # type: ignore[assignment]  # one of the groups always matches
        start, end = match.span(kind)
        column = start - line_start + 1
        if kind == "string":
            yield _string(text[start:end], line, column, problems)
        elif kind == "comment":
            yield Token("comment", _comment_text(text[start:end]), line, column)
        elif kind == "unreadable":
            yield _unreadable(text[start:end], line, column, problems)
        else:
            yield Token(kind, text[start:end], line, column)  # type: ignore[arg-type]  # the groups are the kinds
            if kind == "newline":
                line, line_start = line + 1, end
            elif kind == "end":
                return


def quote(value: str) -> str:
    """A string as it is written in rule text; the inverse of reading it."""
    if value.isprintable() and '"' not in value and "\\" not in value:
        return f'"{value}"'
    return f'"{"".join(map(_escaped, value))}"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    named = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(char)
    return named or (char if char.isprintable() else f"\\u{{{ord(char):x}}}")


def _comment_text(raw: str) -> str:
    return raw[1:].removeprefix(" ").rstrip()


def _string(raw: str, line: int, column: int, problems: Problems) -> Token:
    inner = raw[1:-1]
    if len(inner) > MAX_STRING:
        message = f"a string of {len(inner)} characters is too long"
        problems.add(message, line, column, expected=f"at most {MAX_STRING} characters")
        inner = ""
    if "\\" not in inner:
        return Token("string", inner, line, column)

    def replace(match: re.Match[str]) -> str:
        where = column + 1 + match.start()
        if match.group(2):
            return _code_point(int(match.group(2), 16), line, where, problems)
        letter = match.group(1)
        if letter not in _ESCAPES:
            problems.add(f"unknown escape \\{letter}", line, where, expected='\\" \\\\ \\n \\t \\r or \\u{…}')
        return _ESCAPES.get(letter, letter)

    return Token("string", _ESCAPE.sub(replace, inner), line, column)


def _code_point(code: int, line: int, column: int, problems: Problems) -> str:
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        problems.add("not a Unicode character", line, column, expected="\\u{0} to \\u{10ffff}")
        return ""
    return chr(code)


def _unreadable(raw: str, line: int, column: int, problems: Problems) -> Token:
    """Stands for what was probably meant, so that nothing else is reported for it."""
    char = raw[0]
    if char == '"':
        problems.add("a string that does not end on its line", line, column, expected='a closing "')
        return Token("string", "", line, column)
    suggestion = _MEANT.get(char, "")
    if raw.isprintable() and (char.isalnum() or (char == "'" == raw[-1] and len(raw) > 1)):
        suggestion = quote(raw.strip("'"))
    shown = char if char.isprintable() else f"U+{ord(char):04X}"
    message = f'unexpected "{raw}"' if char.isdecimal() else f"unexpected character {shown}"
    problems.add(message, line, column, suggestion=suggestion)
    return Token("string" if char == "'" else "word", raw, line, column)
