"""A place in the tokens of one text: one token of look-ahead, typed reads, and problems with their place.

A read that fails raises ``Unexpected``; the block reader records it and goes on behind the clause, so that one
run reports everything.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

from weir.models.problem import Problem
from weir.rules import units
from weir.rules.bounds import MAX_DEPTH, MAX_INTEGER, MAX_LIST, MAX_NAME, MAX_PROBLEMS
from weir.rules.lexer import Token
from weir.rules.suggest import closest

T = TypeVar("T")
N = TypeVar("N")
W = TypeVar("W", bound=str)

Place = tuple[int, int]


class Unexpected(Exception):
    """The text does not go on as the grammar says."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.message)


class Cursor:
    """Reads forward only. ``places`` maps the identity of every node read to its line and column."""

    def __init__(self, tokens: list[Token], problems: Iterable[Problem] = ()) -> None:
        self._tokens = tokens
        self._index = 0
        self._depth = 0
        self.problems = list(problems)
        self.places: dict[int, Place] = {}
        self.loose_comments: list[str] = []
        """Comments met inside a clause; they are handed to the clause when it is complete."""

    # Looking

    @property
    def token(self) -> Token:
        return self._tokens[self._index]

    def at(self, kind: str, *texts: str) -> bool:
        token = self.token
        return token.kind == kind and (not texts or token.text in texts)

    def at_symbol(self, *texts: str) -> bool:
        return self.at("symbol", *texts)

    def at_word(self, *texts: str) -> bool:
        return self.at("word", *texts)

    def at_clause_end(self) -> bool:
        return self.token.kind in ("newline", "end", "comment") or self.at_symbol(";", "}")

    # Moving

    def mark(self) -> int:
        """A place to go back to."""
        return self._index

    def rewind(self, mark: int) -> None:
        self._index = mark

    def take(self) -> Token:
        token = self.token
        if token.kind != "end":
            self._index += 1
        return token

    def accept_symbol(self, text: str) -> bool:
        return self.at_symbol(text) and bool(self.take())

    def accept_word(self, text: str) -> bool:
        return self.at_word(text) and bool(self.take())

    def skip_lines(self) -> None:
        """Go over newlines inside brackets; comments met there belong to the clause around them."""
        while self.token.kind in ("newline", "comment"):
            token = self.take()
            if token.kind == "comment":
                self.loose_comments.append(token.text)

    def joined_by(self, word: str) -> bool:
        """Accept ``and`` or ``or``, also at the start of the next line."""
        start = self._index
        index = start
        while self._tokens[index].kind in ("newline", "comment"):
            index += 1
        if self._tokens[index].kind != "word" or self._tokens[index].text != word:
            return False
        self.skip_lines()
        self.take()
        self.skip_lines()
        return True

    def skip_clause(self) -> None:
        """After a problem: go to the end of this clause, over whole inner blocks."""
        depth = 0
        while self.token.kind != "end":
            if depth == 0 and (self.token.kind == "newline" or self.at_symbol(";", "}")):
                return
            depth += self.at_symbol("{", "[", "(")
            depth -= self.at_symbol("}", "]", ")")
            depth = max(depth, 0)
            self.take()

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
        found = next((word for word in words if self.at_word(word)), None)
        if found is None:
            raise self.unexpected(expected or alternatives(words), suggestions=words)
        self.take()
        return found

    def name(self, expected: str) -> str:
        """A bare word, or a string for names with other characters."""
        if not (self.at("word") or self.at("string")):
            raise self.unexpected(expected)
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
        self.expect_symbol("[")
        items: list[T] = []
        self.skip_lines()
        while not self.at_symbol("]"):
            if len(items) >= MAX_LIST:
                raise self.wrong(self.token, "the list is too long", f"at most {MAX_LIST} members")
            items.append(read())
            self.skip_lines()
            if not self.accept_symbol(","):
                break
            self.skip_lines()
        self.expect_symbol("]")
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

    def nested(self, read: Callable[[], T]) -> T:
        """Read one level deeper; refuses more than the bound."""
        if self._depth >= MAX_DEPTH:
            raise self.wrong(self.token, "the condition is nested too deeply", f"at most {MAX_DEPTH} levels")
        self._depth += 1
        try:
            return read()
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
        found = {"newline": "the end of the line", "end": "the end of the text", "comment": "a comment"}
        shown = found.get(token.kind) or (
            f'"{token.text}"' if len(token.text) <= 40 else f'"{token.text[:40]}…"'
        )
        if token.kind == "word" and suggestions:
            suggestion = closest(token.text, suggestions)
        return self.wrong(token, f"unexpected {shown}", expected, suggestion)

    def wrong(self, token: Token, message: str, expected: str = "", suggestion: str = "") -> Unexpected:
        return Unexpected(
            Problem(
                "syntax",
                message,
                line=token.line,
                column=token.column,
                expected=expected,
                suggestion=suggestion,
            )
        )

    def report(self, error: Unexpected) -> None:
        """Keep a problem; past the bound the text is given up."""
        self.problems.append(error.problem)
        if len(self.problems) >= MAX_PROBLEMS:
            raise TooManyProblems


class TooManyProblems(Exception):
    """The text has so many problems that reading on helps nobody."""


def alternatives(words: Collection[str]) -> str:
    """``a, b or c``, for the expectation of an error."""
    ordered = sorted(words)
    return ordered[0] if len(ordered) == 1 else f"{', '.join(ordered[:-1])} or {ordered[-1]}"
