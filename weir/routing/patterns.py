"""Patterns of hosts (``*.a.com``) and of paths (``like "/u/{id}"``)."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from weir.routing.authority import BadAuthority, normalise_host
from weir.routing.normalise import normalise_path
from weir.rules.patterns import like_names, like_segments


class BadPattern(ValueError):
    """A pattern in a rule that is refused; the text says why."""


class HostKind(IntEnum):
    """In order of precedence."""

    EXACT = 0
    ONE_LABEL = 1
    """``*.a.com``: exactly one label before the suffix."""
    MANY_LABELS = 2
    """``**.a.com``: one or more labels before the suffix."""
    ANY = 3


class HostPattern(NamedTuple):
    kind: HostKind
    name: str
    """The host, or the suffix with its leading dot, or nothing for ANY."""

    def matches(self, host: str) -> bool:
        if self.kind is HostKind.EXACT:
            return host == self.name
        if self.kind is HostKind.ANY:
            return True
        label = host.removesuffix(self.name)
        if not label or len(label) == len(host):
            return False
        return self.kind is HostKind.MANY_LABELS or "." not in label

    def covers(self, other: HostPattern) -> bool:
        """Whether every host of ``other`` matches this pattern too. Patterns are nested or apart, never across."""
        if self == other or self.kind is HostKind.ANY:
            return True
        if other.kind is HostKind.EXACT:
            return self.matches(other.name)
        if other.kind is HostKind.ANY or self.kind is not HostKind.MANY_LABELS:
            return False
        return other.name.endswith(self.name)


ANY_HOST = HostPattern(HostKind.ANY, "")


def parse_host(text: str) -> HostPattern:
    """``a.com``, ``*.a.com`` or ``**.a.com``, in normal form. Raises BadPattern."""
    stars = len(text) - len(text.lstrip("*"))
    try:
        if stars == 0:
            return HostPattern(HostKind.EXACT, normalise_host(text))
        if stars > 2 or text[stars : stars + 1] != ".":
            raise BadPattern(f'"{text}": a wildcard is *. or **. before a host')
        kind = HostKind.ONE_LABEL if stars == 1 else HostKind.MANY_LABELS
        return HostPattern(kind, "." + normalise_host(text[stars + 1 :]))
    except BadAuthority as error:
        raise BadPattern(f'"{text}": {error}') from None


def host_text(pattern: HostPattern) -> str:
    return {HostKind.EXACT: "", HostKind.ONE_LABEL: "*", HostKind.MANY_LABELS: "**", HostKind.ANY: "any"}[
        pattern.kind
    ] + pattern.name


class Like(NamedTuple):
    """``/u/{id}/posts/{rest...}``: ``{id}`` takes one segment that is not empty, ``{rest...}`` whatever follows."""

    segments: tuple[str | None, ...]
    """Without the rest; None where a segment is captured."""
    names: tuple[tuple[str, int], ...]
    """Name and position of each captured segment."""
    rest: str | None
    """The name of what follows the segments, which may be empty, but the slash before it is there."""

    def split(self, path: str) -> list[str] | None:
        """The path's segments (and the rest, last, in one piece) if it matches."""
        count = len(self.segments)
        parts = path[1:].split("/", count)
        if len(parts) != (count if self.rest is None else count + 1):
            return None
        for want, part in zip(self.segments, parts, strict=False):
            if want != part and (want is not None or not part):
                return None
        return parts

    def matches(self, path: str) -> bool:
        return self.split(path) is not None

    def captures(self, path: str) -> dict[str, str]:
        """Empty if the path does not match."""
        parts = self.split(path)
        if parts is None:
            return {}
        found = {name: parts[place] for name, place in self.names}
        if self.rest is not None:
            found[self.rest] = parts[-1]
        return found

    def literals(self) -> int:
        """Characters that are not captured."""
        return sum(1 + len(segment or "") for segment in self.segments) + (self.rest is not None)


def parse_like(text: str, merge_slashes: bool = True) -> Like:
    """Raises BadPattern. Literal segments pass the path normaliser, captures are whole segments."""
    try:
        written = like_names(text)
        segments = like_segments(normalise_path(text, merge_slashes))
    except ValueError as error:
        raise BadPattern(f'"{text}": {error}') from None
    names = tuple((segment.text, place) for place, segment in enumerate(segments) if segment.kind == "one")
    rest = segments[-1].text if segments[-1].kind == "rest" else None
    if len(names) + (rest is not None) != len(written):
        raise BadPattern(f'"{text}": a capture was lost to ..')
    wanted = segments if rest is None else segments[:-1]
    return Like(tuple(None if segment.kind == "one" else segment.text for segment in wanted), names, rest)
