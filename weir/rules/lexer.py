"""Text → tokens. Every character of the input is looked at a bounded number of times.

Newlines and ``;`` are tokens, because a clause ends there. A comment is a token of its own; the parser decides
whose it is. Bad characters become problems, and reading goes on behind them, so that one run finds all of them.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, TypeAlias

from weir.models.problem import Problem
from weir.rules.bounds import MAX_STRING

Kind: TypeAlias = Literal["word", "string", "number", "url", "path", "symbol", "comment", "newline", "end"]


class Token(NamedTuple):
    kind: Kind
    text: str
    """As written; for a string its value, for a comment what follows ``# ``."""
    line: int
    column: int


_TOKEN = re.compile(
    r"""
      (?P<space>[ \t\r]+)
    | (?P<comment>\#[^\n]*)
    | (?P<newline>\n)
    | (?P<url>https?://(?:\[[0-9A-Fa-f:.]+\])?[^\s;,{}"\[\]()\#]*)
    | (?P<path>/[^\s;,{}"\[\]()\#]*)
    | (?P<number>\d+(?:\.\d+)?(?:[A-Za-z]+|%)?)
    | (?P<string>"(?:[^"\\\n]|\\.)*")
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*(?:[.\-][A-Za-z0-9_]+)*)
    | (?P<symbol>->|==|!=|[{}()\[\],;=:])
    """,
    re.VERBOSE,
)

_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t", "r": "\r"}
_ESCAPE = re.compile(r"\\(u\{([0-9a-fA-F]{1,6})\}|.)", re.DOTALL)


def tokens_of(text: str) -> tuple[list[Token], list[Problem]]:
    """All tokens, the last of kind ``end``, and what could not be read."""
    tokens: list[Token] = []
    problems: list[Problem] = []
    line, line_start, position = 1, 0, 0
    while position < len(text):
        column = position - line_start + 1
        match = _TOKEN.match(text, position)
        if match is None:
            problem, position = _unreadable(text, position, line, column)
            problems.append(problem)
            continue
        position = match.end()
        kind = match.lastgroup
        if kind == "space":
            continue
        if kind == "newline":
            tokens.append(Token("newline", "\n", line, column))
            line, line_start = line + 1, position
        elif kind == "string":
            tokens.append(_string(match.group(), line, column, problems))
        elif kind == "comment":
            tokens.append(Token("comment", _comment_text(match.group()), line, column))
        else:
            tokens.append(Token(kind, match.group(), line, column))  # type: ignore[arg-type]  # the groups are the kinds
    tokens.append(Token("end", "", line, position - line_start + 1))
    return tokens, problems


def quote(value: str) -> str:
    """A string as it is written in rule text; the inverse of reading it."""
    out = []
    for char in value:
        if char in '"\\':
            out.append("\\" + char)
        elif char == "\n":
            out.append("\\n")
        elif char == "\t":
            out.append("\\t")
        elif char == "\r":
            out.append("\\r")
        elif char.isprintable():
            out.append(char)
        else:
            out.append(f"\\u{{{ord(char):x}}}")
    return f'"{"".join(out)}"'


def _comment_text(raw: str) -> str:
    return raw[1:].removeprefix(" ").rstrip()


def _string(raw: str, line: int, column: int, problems: list[Problem]) -> Token:
    inner = raw[1:-1]
    if len(inner) > MAX_STRING:
        message = f"a string of {len(inner)} characters is too long"
        problems.append(_syntax(message, line, column, expected=f"at most {MAX_STRING} characters"))
        inner = ""
    if "\\" not in inner:
        return Token("string", inner, line, column)

    def replace(match: re.Match[str]) -> str:
        if match.group(2):
            return _code_point(int(match.group(2), 16), match, line, column, problems)
        letter = match.group(1)
        if letter not in _ESCAPES:
            where = column + 1 + match.start()
            problems.append(
                _syntax(f"unknown escape \\{letter}", line, where, expected='\\" \\\\ \\n \\t \\r or \\u{…}')
            )
        return _ESCAPES.get(letter, letter)

    return Token("string", _ESCAPE.sub(replace, inner), line, column)


def _code_point(code: int, match: re.Match[str], line: int, column: int, problems: list[Problem]) -> str:
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        where = column + 1 + match.start()
        problems.append(_syntax("not a Unicode character", line, where, expected="\\u{0} to \\u{10ffff}"))
        return ""
    return chr(code)


def _unreadable(text: str, position: int, line: int, column: int) -> tuple[Problem, int]:
    if text[position] == '"':
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        return _syntax("a string that does not end on its line", line, column, expected='a closing "'), end
    char = text[position]
    shown = char if char.isprintable() else f"U+{ord(char):04X}"
    suggestion = {"'": "double quotes", "&": '"and"', "|": '"or"', "!": '"not" or "!="'}.get(char, "")
    return _syntax(f"unexpected character {shown}", line, column, suggestion=suggestion), position + 1


def _syntax(message: str, line: int, column: int, *, expected: str = "", suggestion: str = "") -> Problem:
    return Problem("syntax", message, line=line, column=column, expected=expected, suggestion=suggestion)
