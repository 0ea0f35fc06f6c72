"""The entries of one host pattern, by path: a few look-ups leave the few entries whose path term holds.

Exact paths stand in a dict; ``like``, ``under`` and regular expressions in a trie of segments, so that the cost of a
look-up follows the depth of the rules, not their number nor the length of what a client sends; ``starts_with`` in
one dict per length. An index that was published is never changed: an ``Editor`` copies what it touches, once.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from operator import attrgetter

from weir.routing.entry import Entry
from weir.routing.patterns import parse_like
from weir.routing.placement import PathKind, PathPlace

Entries = tuple[Entry, ...]
"""In rank order."""

_rank = attrgetter("rank")


class Node:
    """Where a sequence of whole segments leads."""

    __slots__ = ("children", "ending", "regex", "rest", "token", "under")

    def __init__(self, token: object) -> None:
        self.token = token
        self.children: dict[str | None, Node] | None = None
        """By segment; None for a captured one."""
        self.ending: Entries = ()
        """``like`` patterns whose last segment this is."""
        self.rest: Entries = ()
        """``like`` patterns that capture whatever follows."""
        self.under: Entries = ()
        self.regex: Entries = ()
        """Regular expressions whose literal beginning holds these segments."""

    def copy(self, token: object) -> Node:
        twin = Node(token)
        twin.children = None if self.children is None else self.children.copy()
        twin.ending, twin.rest, twin.under, twin.regex = self.ending, self.rest, self.under, self.regex
        return twin

    def is_empty(self) -> bool:
        return not (self.children or self.ending or self.rest or self.under or self.regex)


class PathIndex:
    """Read-only once its table is published."""

    __slots__ = ("depth", "exact", "lengths", "root", "starts", "token", "unplaced")

    def __init__(self, token: object) -> None:
        self.token = token
        self.exact: dict[str, Entries] = {}
        self.root: Node | None = None
        self.depth = 0
        """No pattern in the trie has more segments; it may be higher than needed after removals."""
        self.starts: dict[int, dict[str, Entries]] = {}
        """``starts_with``, by length."""
        self.lengths: tuple[int, ...] = ()
        """Of ``starts``, longest first."""
        self.unplaced: Entries = ()
        """Alternatives without a term that could place them."""

    def copy(self, token: object) -> PathIndex:
        twin = PathIndex(token)
        twin.exact, twin.root, twin.depth = self.exact.copy(), self.root, self.depth
        twin.starts = {length: group.copy() for length, group in self.starts.items()}
        twin.lengths, twin.unplaced = self.lengths, self.unplaced
        return twin

    def is_empty(self) -> bool:
        return not (self.exact or self.root or self.starts or self.unplaced)

    def candidates(self, path: str) -> list[Entries]:
        """Lists in rank order; among one priority, no entry of a list ranks before one of an earlier list."""
        found: list[Entries] = []
        exact = self.exact.get(path)
        if exact is not None:
            found.append(exact)
        if self.root is not None:
            likes, regexes, prefixes = self._walk(self.root, path)
            if likes:
                found.append(_merged(likes))
            if regexes:
                found.append(_merged(regexes))
            prefixes.reverse()
        else:
            prefixes = []
        if self.lengths:
            prefixes = self._with_starts(prefixes, path)
        found += prefixes
        if self.unplaced:
            found.append(self.unplaced)
        return found

    def _walk(self, root: Node, path: str) -> tuple[list[Entries], list[Entries], list[Entries]]:
        """``like``, regular expressions, prefixes (shortest first)."""
        likes: list[Entries] = []
        regexes: list[Entries] = []
        prefixes: list[Entries] = []
        nodes = [root]
        segments = path.split("/", self.depth + 1)
        for position in range(1, len(segments)):
            segment = segments[position]
            deeper: list[Node] = []
            for node in nodes:
                if node.under:
                    prefixes.append(node.under)
                if node.rest:
                    likes.append(node.rest)
                if node.regex:
                    regexes.append(node.regex)
                children = node.children
                if children is not None:
                    child = children.get(segment)
                    if child is not None:
                        deeper.append(child)
                    child = children.get(None)
                    if child is not None and segment:
                        deeper.append(child)
            if not deeper:
                return likes, regexes, prefixes
            nodes = deeper
        for node in nodes:
            if node.ending:
                likes.append(node.ending)
            if node.under:
                prefixes.append(node.under)
            if node.regex:
                regexes.append(node.regex)
        return likes, regexes, prefixes

    def _with_starts(self, prefixes: list[Entries], path: str) -> list[Entries]:
        for length in self.lengths:
            entries = self.starts[length].get(path[:length])
            if entries is not None:
                prefixes.append(entries)
        # Equal lengths may come from both kinds: merge, so that the promise of ``candidates`` holds.
        return [_merged(prefixes)] if len(prefixes) > 1 else prefixes


def _merged(lists: list[Entries]) -> Entries:
    return lists[0] if len(lists) == 1 else tuple(sorted(chain.from_iterable(lists), key=_rank))


class Change:
    """What happens at one place."""

    __slots__ = ("added", "removed")

    def __init__(self) -> None:
        self.added: list[Entry] = []
        self.removed: set[int] = set()
        """Identities of entries."""

    def applied(self, old: Entries) -> Entries:
        if not old and len(self.added) == 1:
            return (self.added[0],)
        kept = [entry for entry in old if id(entry) not in self.removed] if self.removed else list(old)
        return tuple(sorted(kept + self.added, key=_rank))


def edit(index: PathIndex | None, changes: Iterable[tuple[PathPlace, Change]], token: object) -> PathIndex:
    """The index with the changes; ``index`` itself only if it was made with the same token."""
    if index is None:
        index = PathIndex(token)
    elif index.token is not token:
        index = index.copy(token)
    for (kind, key), change in changes:
        if kind is PathKind.EXACT:
            _edit_dict(index.exact, key, change)
        elif kind is PathKind.ANY:
            index.unplaced = change.applied(index.unplaced)
        elif kind is PathKind.STARTS_WITH:
            _edit_starts(index, key, change)
        else:
            _edit_trie(index, kind, key, change)
    return index


def _edit_dict(group: dict[str, Entries], key: str, change: Change) -> None:
    entries = change.applied(group.get(key, ()))
    if entries:
        group[key] = entries
    else:
        group.pop(key, None)


def _edit_starts(index: PathIndex, key: str, change: Change) -> None:
    group = index.starts.setdefault(len(key), {})
    _edit_dict(group, key, change)
    if not group:
        del index.starts[len(key)]
    index.lengths = tuple(sorted(index.starts, reverse=True))


def _edit_trie(index: PathIndex, kind: PathKind, key: str, change: Change) -> None:
    """Goes down, copying each node that is not ours, and prunes what became empty on the way back."""
    segments, slot = _trie_place(kind, key)
    index.depth = max(index.depth, len(segments))
    node = index.root = _own(index.root, index.token)
    trail: list[tuple[Node, str | None]] = []
    for segment in segments:
        if node.children is None:
            node.children = {}
        child = node.children[segment] = _own(node.children.get(segment), index.token)
        trail.append((node, segment))
        node = child
    setattr(node, slot, change.applied(getattr(node, slot)))
    while trail and node.is_empty():
        node, segment = trail.pop()
        if node.children is not None:
            del node.children[segment]
    if index.root.is_empty():
        index.root = None


def _own(node: Node | None, token: object) -> Node:
    if node is None:
        return Node(token)
    return node if node.token is token else node.copy(token)


def _trie_place(kind: PathKind, key: str) -> tuple[tuple[str | None, ...], str]:
    """Segments from the root, and which list of the last node."""
    if kind is PathKind.LIKE:
        like = parse_like(key)
        return like.segments, "ending" if like.rest is None else "rest"
    if kind is PathKind.REGEX:
        # Only whole segments: what follows the last slash of the literal text may go on.
        return tuple(key.split("/")[1:-1]) if key.startswith("/") else (), "regex"
    return () if key == "/" else tuple(key[1:].split("/")), "under"
