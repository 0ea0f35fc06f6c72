"""What differs between two documents, by definition: added, removed, changed, moved. Pure.

Definitions belong to each other by kind and full name. Only what differs is printed, so that one changed rule among ten
thousand costs a comparison of the documents and little more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from weir.models.document import Defaults, Definition, Document, Group, Rule
from weir.rules.alignment import aligned, common_ends
from weir.rules.outline import clauses_of
from weir.rules.printer import print_definition, print_document

MOST_CHANGES = 1_000
MOST_CHARACTERS = 1 << 20
"""Of all changes together; those beyond are counted only."""
MOST_OF_ONE = 1 << 16
"""Characters of one definition that are shown."""

How: TypeAlias = Literal["added", "removed", "changed", "moved"]
Key: TypeAlias = tuple[str, str, int]
"""Kind, name, and which of that name: a document with errors may have several."""


class Change(NamedTuple):
    """One definition that differs."""

    kind: str
    """``rule``, ``group``, ``upstream``, ``limit``, ``define``, ``defaults``; ``comments``: those of the document."""
    name: str
    """Of a rule in a group: ``group/rule``."""
    change: How
    before: str
    """As text; empty for what was added."""
    after: str


class Changes(NamedTuple):
    listed: tuple[Change, ...]
    """In the order of the later document, what was removed last."""
    left_out: int
    counts: dict[How, int]
    """Of all, also those that were left out."""


class _Found(NamedTuple):
    """A change that is not printed yet."""

    kind: str
    name: str
    change: How
    before: Definition | None
    after: Definition | None


def changes(before: Document, after: Document) -> Changes:
    """Nothing is listed exactly if the documents are equal."""
    found = [*_between(before.definitions, after.definitions, "")]
    removed = [each for each in found if each.change == "removed"]
    ordered = [*(each for each in found if each.change != "removed"), *removed]
    counts: dict[How, int] = {"added": 0, "removed": 0, "changed": 0, "moved": 0}
    counts.update(Counter(each.change for each in found))
    listed = [*_of_document(before, after)]
    counts["changed"] += len(listed)
    room = MOST_CHARACTERS
    for each in ordered[:MOST_CHANGES]:
        change = Change(each.kind, each.name, each.change, _text(each.before), _text(each.after))
        room -= len(change.before) + len(change.after)
        if room < 0:
            break
        listed.append(change)
    return Changes(tuple(listed), sum(counts.values()) - len(listed), counts)


def replaced(before: Document, after: Document) -> tuple[tuple[Definition, ...], tuple[Definition, ...]]:
    """What the one has and the other has not, wherever it stands: removed and added, a change being both."""
    start, end = common_ends(before.definitions, after.definitions)
    old = before.definitions[start : len(before.definitions) - end]
    new = after.definitions[start : len(after.definitions) - end]
    was, is_now = dict(zip(keys_of(old), old, strict=True)), dict(zip(keys_of(new), new, strict=True))
    removed = tuple(each for key, each in was.items() if is_now.get(key) != each)
    added = tuple(each for key, each in is_now.items() if was.get(key) != each)
    return removed, added


def kind_of(definition: Definition) -> str:
    """``rule``, ``group``, ``upstream``, ``limit``, ``define`` or ``defaults``."""
    return type(definition).__name__.lower()


def name_of(definition: Definition) -> str:
    """Empty for defaults."""
    return "" if isinstance(definition, Defaults) else definition.name


def keys_of(definitions: Iterable[Definition]) -> list[Key]:
    """What definitions are told apart by."""
    seen: Counter[tuple[str, str]] = Counter()
    keys: list[Key] = []
    for definition in definitions:
        name = (kind_of(definition), name_of(definition))
        keys.append((*name, seen[name]))
        seen[name] += 1
    return keys


def _between(before: Sequence[Definition], after: Sequence[Definition], prefix: str) -> Iterator[_Found]:
    """``prefix`` stands before names: that of a group whose rules these are."""
    start, end = common_ends(before, after)
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    old_keys, new_keys = keys_of(old), keys_of(new)
    known = dict(zip(old_keys, old, strict=True))
    stays = {place for _, place in aligned(old_keys, new_keys)}
    for place, (key, definition) in enumerate(zip(new_keys, new, strict=True)):
        was = known.pop(key, None)
        if was is None:
            yield _Found(key[0], prefix + key[1], "added", None, definition)
        elif isinstance(was, Group) and isinstance(definition, Group):
            yield from _of_group(was, definition, is_moved=place not in stays)
        elif was != definition:
            yield _Found(key[0], prefix + key[1], "changed", was, definition)
        elif place not in stays:
            yield _Found(key[0], prefix + key[1], "moved", was, definition)
    for key, definition in known.items():
        yield _Found(key[0], prefix + key[1], "removed", definition, None)


def _of_group(before: Group, after: Group, *, is_moved: bool) -> Iterator[_Found]:
    """Its own clauses, then its rules; where only their order among each other differs, the group has changed."""
    own = [_without_rules(group) for group in (before, after)]
    inner = [*_between(_rules_of(before), _rules_of(after), f"{after.name}/")]
    if own[0] != own[1]:
        yield _Found("group", after.name, "changed", own[0], own[1])
    elif before != after and not inner:
        yield _Found("group", after.name, "changed", before, after)
    elif is_moved:
        yield _Found("group", after.name, "moved", own[0], own[1])
    yield from inner


def _without_rules(group: Group) -> Group:
    return msgspec.structs.replace(group, members=clauses_of(group))


def _rules_of(group: Group) -> tuple[Rule, ...]:
    return tuple(member for member in group.members if isinstance(member, Rule))


def _of_document(before: Document, after: Document) -> Iterator[Change]:
    """What belongs to no definition."""
    old, new = (msgspec.structs.replace(each, definitions=()) for each in (before, after))
    if old != new:
        yield Change("comments", "", "changed", _cut(print_document(old)), _cut(print_document(new)))


def _text(definition: Definition | None) -> str:
    return "" if definition is None else _cut(print_definition(definition))


def _cut(text: str) -> str:
    return text if len(text) <= MOST_OF_ONE else text[:MOST_OF_ONE] + "…"
