"""A place in the tokens of one text: one token of look-ahead, typed reads, and problems with their place.

A read that fails raises ``Unexpected``; the block reader records it and goes on behind the clause, so that one
run reports everything.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Container
from typing import TypeVar, cast

from weir.rules import units
from weir.rules.bounds import MAX_DEPTH, MAX_INTEGER, MAX_LIST, MAX_NAME
from weir.rules.lexer import Token, tokens_of
from weir.rules.problems import Problems
from weir.rules.suggest import closest

T = TypeVar("T")
N = TypeVar("N")
W = TypeVar("W", bound=str)

Place = tuple[int, int]

_LINES = frozenset({"newline", "comment"})
_ENDS = frozenset({"newline", "comment", "end"})
_CLAUSE_ENDS = frozenset({"\n", ";", "}"})
_BLOCKS = {"{": 1, "}": -1}
_BRACKETS = {"(": 1, "[": 1, ")": -1, "]": -1}
_VALUES = frozenset({"string", "number", "path", "url"})
_FOUND = {
    "newline": "the line ends too early",
    "end": "the text ends too early",
    "comment": "a comment in the middle",
}
_LONGEST_SHOWN = 40


class Unexpected(Exception):
    """The text does not go on as the grammar says."""

    def __init__(self, token: Token, message: str, expected: str, suggestion: str) -> None:
        self.token = token
        self.message = message
        self.expected = expected
        self.suggestion = suggestion
        super().__init__(message)


class Cursor:
    """Reads forward only. ``places`` maps the identity of every node read to its line and column."""

    def __init__(self, text: str, problems: Problems, start: int = 0, end: int | None = None) -> None:
        """From the beginning of one line of the text to that of another."""
        self._tokens = tokens_of(text, problems, start, end)
        self._ahead: deque[Token] = deque()
        self._depth = 0
        self._brackets = 0
        self._problems = problems
        self.token = next(self._tokens)
        self.places: dict[int, Place] = {}
        self.loose_comments: list[str] = []
        """Comments met inside a clause; they are handed to the clause when it is complete."""

    # Looking

    def at(self, kind: str) -> bool:
        return self.token.kind == kind

    def at_symbol(self, text: str) -> bool:
        token = self.token
        return token.kind == "symbol" and token.text == text

    def at_word(self, text: str) -> bool:
        token = self.token
        return token.kind == "word" and token.text == text

    def at_word_of(self, words: Container[str]) -> bool:
        token = self.token
        return token.kind == "word" and token.text in words

    def at_clause_end(self) -> bool:
        token = self.token
        return token.kind in _ENDS or (token.kind == "symbol" and token.text in (";", "}"))

    def behind_lines(self) -> Token:
        """The next token that is neither a newline nor a comment."""
        if self.token.kind not in _LINES:
            return self.token
        for token in self._ahead:
            if token.kind not in _LINES:
                return token
        while True:
            token = next(self._tokens)
            self._ahead.append(token)
            if token.kind not in _LINES:
                return token

    # Moving

    def take(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.token = self._ahead.popleft() if self._ahead else next(self._tokens)
        return token

    def accept_symbol(self, text: str) -> bool:
        found = self.at_symbol(text)
        if found:
            self.take()
        return found

    def accept_word(self, text: str) -> bool:
        found = self.at_word(text)
        if found:
            self.take()
        return found

    def skip_lines(self) -> None:
        """Go over newlines inside brackets; comments met there belong to the clause around them."""
        while self.token.kind in _LINES:
            token = self.take()
            if token.kind == "comment":
                self.loose_comments.append(token.text)

    def joined_by(self, word: str) -> bool:
        """Accept ``and`` or ``or``, also at the start of the next line."""
        token = self.behind_lines()
        if token.kind != "word" or token.text != word:
            return False
        self.skip_lines()
        self.take()
        self.skip_lines()
        return True

    def skip_clause(self) -> None:
        """After a problem: go to the end of this clause, out of brackets that are open and over inner blocks."""
        brackets, self._brackets = self._brackets, 0
        blocks = 0
        while self.token.kind != "end":
            if not blocks and self.token.text in _CLAUSE_ENDS and self._ends_clause(brackets > 0):
                return
            token = self.take()
            if token.kind == "symbol":
                blocks += _BLOCKS.get(token.text, 0)
                brackets = max(0, brackets + _BRACKETS.get(token.text, 0))

    def _ends_clause(self, in_brackets: bool) -> bool:
        """Whether the clause is over; inside brackets it goes on with what can only stand there.

        A brace that opens on the next line belongs to the clause too, though it should have stood on its line.
        """
        if not self.at("newline"):
            return self.at_symbol(";") or self.at_symbol("}")
        token = self.behind_lines()
        if in_brackets:
            goes_on = token.kind in _VALUES or token.text in ("and", "or", "not", "(", ")", "]", ",")
        else:
            goes_on = token.kind == "symbol" and token.text == "{"
        if goes_on:
            self.skip_lines()
        return not goes_on

    # Reading

    def expect_symbol(self, text: str) -> Token:
        if not self.at_symbol(text):
            raise self.unexpected(f'"{text}"')
        return self.take()

    def expect_word(self, text: str) -> Token:
        if not self.at_word(text):
            raise self.unexpected(f'"{text}"', suggestions=(text,))
        return self.take()

    def one_of(self, words: Collection[W], expected: str = "") -> W:
        """A word out of a closed list."""
        if not self.at_word_of(words):
            raise self.unexpected(expected or alternatives(words), suggestions=words)
        return cast("W", self.take().text)

    def name(self, expected: str) -> str:
        """A bare word, or a string for names with other characters."""
        if not (self.at("word") or self.at("string")):
            suggestion = f'"{self.token.text}"' if self.at("number") else ""
            raise self.unexpected(expected, suggestion=suggestion)
        token = self.take()
        if not token.text or len(token.text) > MAX_NAME or not token.text.isprintable():
            raise self.wrong(token, f"not usable as {expected}", f"1 to {MAX_NAME} printable characters")
        return token.text

    def string(self, expected: str) -> str:
        """A quoted string, or a bare path."""
        if not (self.at("string") or self.at("path")):
            suggestion = f'"{self.token.text}"' if self.token.kind in ("word", "url", "number") else ""
            raise self.unexpected(f"{expected} in double quotes", suggestion=suggestion)
        return self.take().text

    def integer(self, expected: str, least: int = 0, most: int = MAX_INTEGER) -> int:
        token = self._number(expected)
        if not token.text.isdecimal() or not token.text.isascii():
            raise self.wrong(token, f"{token.text} is not a whole number", expected)
        if len(token.text) > 16 or not least <= int(token.text) <= most:
            raise self.wrong(token, f"{token.text} is out of range", f"{expected} from {least} to {most}")
        return int(token.text)

    def duration(self, expected: str = "a duration such as 500ms, 30s, 5m, 1h or 7d") -> int:
        """Milliseconds."""
        return self._measured(expected, units.duration_ms)

    def size(self, expected: str = "a size such as 512B, 64KiB, 10MiB or 1GiB") -> int:
        """Bytes."""
        return self._measured(expected, units.size_bytes)

    def percent(self, expected: str = "a percentage such as 10%") -> float:
        return self._measured(expected, units.percent)

    def _measured(self, expected: str, convert: Callable[[str], N | None]) -> N:
        token = self._number(expected)
        value = convert(token.text)
        if value is None:
            raise self.wrong(token, f"{token.text} is not {expected.split(' such')[0]}", expected)
        return value

    def _number(self, expected: str) -> Token:
        if not self.at("number"):
            raise self.unexpected(expected)
        return self.take()

    def list_of(self, read: Callable[[], T]) -> tuple[T, ...]:
        """``[a, b, c]``; lines may break anywhere inside, a comma may stand before the bracket."""
        return self.bracketed("[", "]", lambda: self._members(read))

    def bracketed(self, opening: str, closing: str, read: Callable[[], T]) -> T:
        """What stands between two brackets; lines may break behind the first and before the last."""
        self.expect_symbol(opening)
        self._brackets += 1
        self.skip_lines()
        inner = read()
        self.skip_lines()
        self.expect_symbol(closing)
        self._brackets -= 1
        return inner

    def _members(self, read: Callable[[], T]) -> tuple[T, ...]:
        items: list[T] = []
        while not self.at_symbol("]"):
            if len(items) >= MAX_LIST:
                raise self.wrong(self.token, "the list is too long", f"at most {MAX_LIST} members")
            items.append(read())
            self.skip_lines()
            if not self.accept_symbol(","):
                break
            self.skip_lines()
        return tuple(items)

    def comma_separated(self, read: Callable[[], T]) -> tuple[T, ...]:
        """``a, b, c`` on one line; after a comma the line may break."""
        items = [read()]
        while self.accept_symbol(","):
            self.skip_lines()
            if len(items) >= MAX_LIST:
                raise self.wrong(self.token, "the list is too long", f"at most {MAX_LIST} members")
            items.append(read())
        return tuple(items)

    def nested(self, read: Callable[[Cursor], T]) -> T:
        """Read one level deeper, in parentheses or behind ``not``; refuses more than the bound."""
        if self._depth >= MAX_DEPTH:
            raise self.wrong(self.token, "the condition is nested too deeply", f"at most {MAX_DEPTH} levels")
        self._depth += 1
        try:
            return read(self)
        finally:
            self._depth -= 1

    def placed(self, token: Token, node: N) -> N:
        """Remember where a node was read."""
        self.places[id(node)] = (token.line, token.column)
        return node

    # Problems

    def unexpected(
        self, expected: str, *, suggestions: Collection[str] = (), suggestion: str = ""
    ) -> Unexpected:
        token = self.token
        text = token.text if len(token.text) <= _LONGEST_SHOWN else f"{token.text[:_LONGEST_SHOWN]}…"
        if token.kind == "word" and suggestions:
            suggestion = closest(token.text, suggestions)
        return self.wrong(token, _FOUND.get(token.kind, f'unexpected "{text}"'), expected, suggestion)

    def wrong(self, token: Token, message: str, expected: str = "", suggestion: str = "") -> Unexpected:
        return Unexpected(token, message, expected, suggestion)

    def report(self, error: Unexpected) -> None:
        """Keep a problem; past the bound the text is given up."""
        token = error.token
        self._problems.add(
            error.message, token.line, token.column, expected=error.expected, suggestion=error.suggestion
        )


def alternatives(words: Collection[str]) -> str:
    """``a, b or c``, for the expectation of an error."""
    ordered = sorted(words)
    return ordered[0] if len(ordered) == 1 else f"{', '.join(ordered[:-1])} or {ordered[-1]}"
