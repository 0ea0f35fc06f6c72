"""A command line as a POSIX shell splits it into words, each with its place; nothing is expanded or run. Pure.

What a shell would do beyond quoting (pipes, variables, substitutions) is refused, because what would come of it is not
known here. ``$'…'`` is understood: browsers write it when a request is copied as curl.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_ESCAPES = {
    "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "a": "\a", "b": "\b", "e": "\x1b", "f": "\f",
    "v": "\v", "?": "?",
}  # fmt: skip
_CODE = re.compile(r"x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{1,4}|U[0-9A-Fa-f]{1,8}|[0-7]{1,3}")
_OPERATORS = "|&;<>()"
_IN_DOUBLE = '"\\$`'
"""What a backslash takes its meaning from within double quotes."""


class NotWords(ValueError):
    """The text is one sentence."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset
        """Characters from the start of the command."""


class Word(NamedTuple):
    text: str
    offset: int


def words_of(command: str) -> list[Word]:
    """Raises NotWords."""
    return _Splitter(command).run()


class _Splitter:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._words: list[Word] = []
        self._parts: list[str] | None = None
        """Of the word that has begun."""
        self._begun = 0

    def run(self) -> list[Word]:
        while self._at < len(self._text):
            self._step(self._text[self._at])
        self._end_word()
        return self._words

    def _step(self, char: str) -> None:
        if char in " \t\r\n":
            self._end_word()
            self._at += 1
        elif char == "#" and self._parts is None:
            end = self._text.find("\n", self._at)
            self._at = len(self._text) if end < 0 else end
        elif char in _OPERATORS or char == "`":
            raise NotWords(
                f"{char} is for a shell to carry out; quote it if it is part of the request", self._at
            )
        elif char == "\\":
            self._escaped()
        elif char == "'":
            self._take(*self._until("'", self._at + 1))
        elif char == '"':
            self._double()
        elif char == "$":
            self._dollar()
        else:
            self._take(char, self._at + 1)

    def _take(self, text: str, behind: int) -> None:
        if self._parts is None:
            self._parts, self._begun = [], self._at
        self._parts.append(text)
        self._at = behind

    def _end_word(self) -> None:
        if self._parts is not None:
            self._words.append(Word("".join(self._parts), self._begun))
            self._parts = None

    def _until(self, quote: str, start: int) -> tuple[str, int]:
        end = self._text.find(quote, start)
        if end < 0:
            raise NotWords(f"the quote {quote} is not closed", self._at)
        return self._text[start:end], end + 1

    def _escaped(self) -> None:
        following = self._text[self._at + 1 : self._at + 2]
        if following == "\r" and self._text[self._at + 2 : self._at + 3] == "\n":
            self._at += 3
        elif following in ("\n", ""):
            self._at += 2  # the line goes on
        else:
            self._take(following, self._at + 2)

    def _double(self) -> None:
        at, found = self._at + 1, []
        while True:
            char = self._text[at : at + 1]
            if not char:
                raise NotWords('the quote " is not closed', self._at)
            if char == '"':
                break
            if char == "\\" and self._text[at + 1 : at + 2] in (*_IN_DOUBLE, "\n"):
                found.append(self._text[at + 1].replace("\n", ""))
                at += 2
                continue
            if char == "`" or (char == "$" and _begins_expansion(self._text[at + 1 : at + 2])):
                raise NotWords("what a shell would put in here is not known", at)
            found.append(char)
            at += 1
        self._take("".join(found), at + 1)

    def _dollar(self) -> None:
        following = self._text[self._at + 1 : self._at + 2]
        if following == "'":
            self._ansi()
        elif _begins_expansion(following) or following == '"':
            raise NotWords("what a shell would put in here is not known", self._at)
        else:
            self._take("$", self._at + 1)

    def _ansi(self) -> None:
        at, found = self._at + 2, []
        while True:
            char = self._text[at : at + 1]
            if not char:
                raise NotWords("the quote $' is not closed", self._at)
            if char == "'":
                break
            code = _CODE.match(self._text, at + 1) if char == "\\" else None
            if code is not None:
                found.append(_character(code[0], at))
                at = code.end()
            elif char == "\\":
                escaped = self._text[at + 1 : at + 2]
                found.append(_ESCAPES.get(escaped, "\\" + escaped))
                at += 2
            else:
                found.append(char)
                at += 1
        self._take("".join(found), at + 1)


def _begins_expansion(char: str) -> bool:
    return char.isalnum() or (char != "" and char in "_{(*@#?!$-")


def _character(code: str, offset: int) -> str:
    number = int(code[1:], 16) if code[0] in "xuU" else int(code, 8)
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        raise NotWords(f"\\{code} is no character", offset)
    return chr(number)
