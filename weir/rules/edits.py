"""One definition of a document found, put, moved or removed; all others stay the same objects. Pure.

A rule in a group is called ``group/rule``, as everywhere else. Rules and groups share their names.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from weir.models.document import Define, Definition, Document, Group, Limit, Rule, Upstream
from weir.models.rule_clauses import RuleClause

Kind: TypeAlias = Literal["rule", "group", "upstream", "limit", "define"]
Named: TypeAlias = Rule | Group | Upstream | Limit | Define
Members: TypeAlias = tuple[RuleClause | Rule, ...]

_CLASSES: dict[Kind, tuple[type, ...]] = {
    "rule": (Rule,),
    "group": (Group,),
    "upstream": (Upstream,),
    "limit": (Limit,),
    "define": (Define,),
}


class NoSuchDefinition(LookupError):
    """The text says which one, in one sentence."""


class BadPlace(ValueError):
    """A definition cannot stand where it is to stand; the text is one sentence."""


class Place(NamedTuple):
    at: int
    """Position of the definition."""
    member: int | None = None
    """Of the rule within its group."""


class Edit(NamedTuple):
    """A document, and what whole definitions it has instead of what others: what ``revalidate.Good.follows`` asks."""

    document: Document
    removed: tuple[Definition, ...]
    added: tuple[Definition, ...]


class Beside(NamedTuple):
    """Where something is to stand: before or behind another of its kind."""

    name: str
    side: Literal["before", "after"]


def find(document: Document, kind: Kind, name: str) -> Place | None:
    """The first of that name."""
    place = _top_level(document, _CLASSES[kind], name)
    if place is None and kind == "rule":
        return _in_group(document, name)
    return place


def get(document: Document, kind: Kind, name: str) -> Named | None:
    place = find(document, kind, name)
    return None if place is None else _at(document, place)


def put(document: Document, kind: Kind, name: str, definition: Named, beside: Beside | None = None) -> Edit:
    """In the place of the one of that name, or else as a new one; ``beside`` places or moves it.

    ``definition`` has the last part of ``name``. Raises NoSuchDefinition for a group or neighbour that is not there,
    and BadPlace for a neighbour that is elsewhere.
    """
    place = find(document, kind, name)
    if place is not None and place.member is not None:
        return _put_member(document, place.at, name, definition, place.member, beside)
    if place is None and kind == "rule" and "/" in name:
        index = _group_of(document, name)
        if index is not None:
            return _put_member(document, index, name, definition, None, beside)
    return _put_top(document, kind, place, definition, beside)


def remove(document: Document, kind: Kind, name: str) -> Edit:
    """Raises NoSuchDefinition."""
    place = find(document, kind, name)
    if place is None:
        raise NoSuchDefinition(f'there is no {kind} called "{name}"')
    definitions = document.definitions
    if place.member is None:
        return Edit(_with(document, _without(definitions, place.at)), (definitions[place.at],), ())
    old = _group(document, place.at)
    group = msgspec.structs.replace(old, members=_without(old.members, place.member))
    return Edit(_with(document, _replaced(definitions, place.at, group)), (old,), (group,))


def _put_top(
    document: Document, kind: Kind, place: Place | None, definition: Named, beside: Beside | None
) -> Edit:
    definitions = document.definitions
    removed: tuple[Definition, ...] = ()
    if place is not None:
        old = definitions[place.at]
        removed = (old,)
        if beside is None or beside.name == _name(old):
            return Edit(_with(document, _replaced(definitions, place.at, definition)), removed, (definition,))
        definitions = _without(definitions, place.at)
    rest = _with(document, definitions)
    index = _new_index(rest, kind) if beside is None else _beside(rest, kind, beside)
    found = (*definitions[:index], definition, *definitions[index:])
    return Edit(_with(document, found), removed, (definition,))


def _put_member(
    document: Document, index: int, name: str, rule: Named, member: int | None, beside: Beside | None
) -> Edit:
    old = _group(document, index)
    members: Members = old.members
    if member is not None and (beside is None or beside.name == name):
        members = _replaced(members, member, rule)
    else:
        if member is not None:
            members = _without(members, member)
        at = len(members) if beside is None else _beside_member(old.name, members, beside)
        members = (*members[:at], rule, *members[at:])  # type: ignore[arg-type]  # of kind rule
    group = msgspec.structs.replace(old, members=members)
    return Edit(_with(document, _replaced(document.definitions, index, group)), (old,), (group,))


def _beside(document: Document, kind: Kind, beside: Beside) -> int:
    """Rules and groups stand among each other."""
    classes = (Rule, Group) if kind in ("rule", "group") else _CLASSES[kind]
    place = _top_level(document, classes, beside.name)
    if place is None:
        if _in_group(document, beside.name) is not None:
            raise BadPlace(
                f'"{beside.name}" is in a group, and a {kind} outside of it cannot stand beside it'
            )
        raise NoSuchDefinition(f'there is no {kind} called "{beside.name}" to stand beside')
    return place.at + (beside.side == "after")


def _beside_member(group: str, members: Members, beside: Beside) -> int:
    for index, member in enumerate(members):
        if isinstance(member, Rule) and beside.name in (member.name, f"{group}/{member.name}"):
            return index + (beside.side == "after")
    raise NoSuchDefinition(f'there is no rule called "{beside.name}" in the group "{group}" to stand beside')


def _new_index(document: Document, kind: Kind) -> int:
    """Behind the last of its kind; the first of a kind that rules refer to comes before them."""
    classes = (Rule, Group) if kind in ("rule", "group") else _CLASSES[kind]
    places = [index for index, each in enumerate(document.definitions) if isinstance(each, classes)]
    if places:
        return places[-1] + 1
    if kind in ("rule", "group"):
        return len(document.definitions)
    rules = (index for index, each in enumerate(document.definitions) if isinstance(each, Rule | Group))
    return next(rules, len(document.definitions))


def _top_level(document: Document, classes: tuple[type, ...], name: str) -> Place | None:
    for index, each in enumerate(document.definitions):
        if isinstance(each, classes) and _name(each) == name:
            return Place(index)
    return None


def _in_group(document: Document, name: str) -> Place | None:
    """Both names may have slashes in them."""
    for index, each in enumerate(document.definitions):
        if isinstance(each, Group) and name.startswith(f"{each.name}/"):
            for number, member in enumerate(each.members):
                if isinstance(member, Rule) and f"{each.name}/{member.name}" == name:
                    return Place(index, number)
    return None


def _group_of(document: Document, name: str) -> int | None:
    """The group in which a new rule of that name belongs: the one with the longest name that fits."""
    fitting = [
        (len(each.name), index)
        for index, each in enumerate(document.definitions)
        if isinstance(each, Group) and name.startswith(f"{each.name}/")
    ]
    return max(fitting)[1] if fitting else None


def last_part(document: Document, kind: Kind, name: str) -> str:
    """What a definition of that full name says of its own: without the name of its group."""
    if kind != "rule":
        return name
    place = find(document, kind, name)
    index = place.at if place is not None and place.member is not None else None
    if place is None:
        index = _group_of(document, name)
    if index is None:
        return name
    return name.removeprefix(f"{_name(document.definitions[index])}/")


def _at(document: Document, place: Place) -> Named:
    if place.member is not None:
        return _group(document, place.at).members[place.member]  # type: ignore[return-value]  # a rule: see find
    return document.definitions[place.at]  # type: ignore[return-value]  # of a kind that has a name: see find


def _group(document: Document, at: int) -> Group:
    return document.definitions[at]  # type: ignore[return-value]  # whoever asks has found one there


def _name(definition: Definition) -> str:
    return getattr(definition, "name", "")


def _with(document: Document, definitions: Iterable[Definition]) -> Document:
    return msgspec.structs.replace(document, definitions=tuple(definitions))


def _replaced(items: tuple, index: int, item: object) -> tuple:  # type: ignore[type-arg]  # of any kind
    return (*items[:index], item, *items[index + 1 :])


def _without(items: tuple, index: int) -> tuple:  # type: ignore[type-arg]
    return (*items[:index], *items[index + 1 :])
