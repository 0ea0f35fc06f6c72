"""Lua scripts: read from ``lua/``, checked against the contract in their header, called by keyword.

A script opens with comment lines: its purpose, then the sections KEYS, ARGV, RETURNS, MISSING (what it does when a key
is missing) and COST. Below KEYS and ARGV each name stands on a line of its own with its type or unit; the script reads
them in that order. A last argument named ``name...`` takes any number of values.

A key name comes whole from ``keys``; Lua never builds one. All keys of a script share one hash tag.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import msgspec

from weir.store.errors import StoreError

if TYPE_CHECKING:
    from weir.store.connect import Session

Value = str | int | bytes
SECTIONS = ("KEYS", "ARGV", "RETURNS", "MISSING", "COST")
READS = frozenset({
    "EXISTS", "GET", "HEXISTS", "HGET", "HGETALL", "HKEYS", "HLEN", "HMGET", "PTTL", "TIME", "XRANGE", "XREVRANGE",
    "ZCARD", "ZCOUNT", "ZLEXCOUNT", "ZRANGE", "ZRANGEBYLEX", "ZRANGEBYSCORE", "ZSCORE",
})  # fmt: skip
"""Commands that change nothing. A script that calls no other is sent as EVALSHA_RO: whoever may only read its keys may
call it, and the server holds it to that."""
_CALL = re.compile(r"redis\.p?call\(\s*(?:['\"]([A-Z]+)['\"])?")
_NAME = re.compile(r"--   ([a-z_]+(?:\.\.\.)?)(?:\s|$)")


class Script(msgspec.Struct, frozen=True):
    """A script and its contract."""

    name: str
    source: str
    sha1: str
    """What EVALSHA knows it by."""
    keys: tuple[str, ...]
    arguments: tuple[str, ...]
    rest: str = ""
    """The name of the last argument that takes any number of values; empty if there is none."""
    evaluate: str = "EVALSHA"
    """The command that calls it; ``EVALSHA_RO`` for what only reads."""

    def parameters(self) -> frozenset[str]:
        """Every keyword that a call gives."""
        return frozenset((*self.keys, *self.arguments, *((self.rest,) if self.rest else ())))

    def command(self, values: dict[str, Value | list[Value]]) -> list[Value]:
        """Key count, keys and arguments in the script's order; raises TypeError if names are missing or unknown."""
        if values.keys() != self.parameters():
            wrong = sorted(values.keys() ^ self.parameters())
            raise TypeError(
                f"{self.name}.lua is called with other names than its header has: {', '.join(wrong)}"
            )
        single = [_single(values[name], name) for name in (*self.keys, *self.arguments)]
        return [len(self.keys), *single, *(_several(values[self.rest], self.rest) if self.rest else ())]


@cache
def script(name: str) -> Script:
    """``lua/<name>.lua`` with its contract; raises StoreError if the header is not one."""
    source = resources.files("weir.store").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
    sections = _sections(source)
    if tuple(sections) != SECTIONS:
        raise StoreError(f"{name}.lua must open with the sections {', '.join(SECTIONS)}, in this order")
    keys, arguments = _names(sections["KEYS"]), _names(sections["ARGV"])
    rest = arguments[-1].removesuffix("...") if arguments and arguments[-1].endswith("...") else ""
    return Script(
        name=name,
        source=source,
        sha1=hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest(),
        keys=keys,
        arguments=arguments[:-1] if rest else arguments,
        rest=rest,
        evaluate="EVALSHA_RO" if commands_of(source) <= READS else "EVALSHA",
    )


def commands_of(source: str) -> frozenset[str]:
    """What a script calls; "" among them for what is not written out."""
    return frozenset(_CALL.findall(source))


def run_script(session: Session, name: str, /, **values: Value | list[Value]) -> Any:
    """Call ``lua/<name>.lua`` with its keys and arguments by name.

    A server that does not know the script (restarted, flushed, failed over) gets it once and is asked again; the
    refused call did nothing.
    """
    called = script(name)
    command = called.command(values)
    try:
        return session.call(called.evaluate, called.sha1, *command)
    except StoreError as error:
        if "NOSCRIPT" not in str(error) and "No matching script" not in str(error):
            raise
    session.call("SCRIPT LOAD", called.source)
    return session.call(called.evaluate, called.sha1, *command)


def _sections(source: str) -> dict[str, list[str]]:
    """The header's lines by section; the purpose is not among them."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in source.splitlines():
        if not line.startswith("--"):
            break
        if (title := line.removeprefix("-- ").strip()) in SECTIONS:
            current = found.setdefault(title, [])
        else:
            current.append(line)
    return found


def _names(lines: list[str]) -> tuple[str, ...]:
    return tuple(match[1] for line in lines if (match := _NAME.match(line)))


def _single(value: Value | list[Value], name: str) -> Value:
    if isinstance(value, list):
        raise TypeError(f"{name} takes one value, not a list")
    return value


def _several(value: Value | list[Value], name: str) -> list[Value]:
    if not isinstance(value, list):
        raise TypeError(f"{name} takes a list of values")
    return value
