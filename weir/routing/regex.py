"""Regular expressions of rules: RE2, linear in the length of the value, full match, bounded in size."""

from __future__ import annotations

import re

import re2

MAX_PATTERN = 1024
"""Characters of a pattern."""
MAX_PROGRAM = 5_000
"""RE2 instructions: what a counted repetition such as ``(a{1,100}){1,10}`` unfolds to."""
MAX_MEMORY = 1 << 20
"""Bytes that RE2 may use for one pattern; beyond it a match takes the slower way, still linear."""

_METACHARACTER = re.compile(r"[^A-Za-z0-9_/~-]")


class Regex:
    """A compiled pattern that matches a whole value."""

    __slots__ = ("_compiled", "names")

    def __init__(self, pattern: str) -> None:
        """Raises ``re2.error`` (its text is RE2's own)."""
        self._compiled = re2.compile(pattern.encode(), options=_options())
        self.names: tuple[str, ...] = tuple(name.decode() for name in self._compiled.groupindex)

    def matches(self, value: str) -> bool:
        return self._compiled.fullmatch(value.encode()) is not None

    def captures(self, value: str) -> dict[str, str]:
        """Named groups; one that took no part is empty. Empty if the value does not match."""
        found = self._compiled.fullmatch(value.encode())
        if found is None:
            return {}
        # A group may begin inside a character only with \C, which RE2 allows.
        return {name: (found.group(name.encode()) or b"").decode(errors="replace") for name in self.names}


def check_regex(pattern: str) -> str | None:
    """What is wrong with a pattern, or None. To be called before publishing: later code relies on it."""
    if len(pattern) > MAX_PATTERN:
        return f"the pattern is longer than {MAX_PATTERN} characters"
    try:
        compiled = re2.compile(pattern.encode(), options=_options())
    except re2.error as error:
        return _text_of(error)
    if compiled.programsize > MAX_PROGRAM:
        return f"the pattern unfolds to {compiled.programsize} steps, more than {MAX_PROGRAM}"
    return None


def literal_prefix(pattern: str) -> str:
    """Text that every match surely begins with; may be shorter than it could be, never longer."""
    if "|" in pattern or "(?" in pattern.removeprefix("^")[:2]:
        return ""
    pattern = pattern.removeprefix("^")
    found = _METACHARACTER.search(pattern)
    if found is None:
        return pattern
    end = found.start()
    # What a quantifier follows may be absent.
    return pattern[: end - 1 if end and found.group() in "*?{" else end]


def _options() -> re2.Options:
    options = re2.Options()
    options.max_mem = MAX_MEMORY
    options.log_errors = False
    return options


def _text_of(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
