"""The one check before a publish, of a document that was known to be good but for a few definitions.

A definition that was checked once is looked at again only if what it depends on changed. Of other definitions it needs
no more than (``_Check`` of the rules, ``validate`` of routing): that every upstream and limit that it names exists,
and what the defines that it uses stand for; besides, names must be unique and rules few enough. So what was added is
checked in a small document of its own with what it refers to, by the same code as a whole document, and what spans
definitions is counted. Where a define that is used or the way in which paths are compared changes, all is checked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from weir.models.document import Defaults, Define, Definition, Document, Limit, Upstream
from weir.routing.validate import errors_in, merges_slashes
from weir.rules.bounds import MAX_ROUTES
from weir.rules.check.lint import uses_of
from weir.rules.check.references import named
from weir.rules.check.structure import routes_in

Name = tuple[str, str]
"""Kind and name."""
_DEFAULTS: Name = ("defaults", "")


class Good:
    """What is known of the last document without errors."""

    def __init__(self, document: Document) -> None:
        """``document`` has no errors."""
        self._names = Counter(_names(document.definitions))
        self._uses = Counter(_uses(document.definitions))
        self._routes = sum(map(routes_in, document.definitions))
        self._shared = _shared(document.definitions)

    def follows(self, document: Document, removed: Iterable[Definition], added: Iterable[Definition]) -> bool:
        """Whether the document has no errors, being the one before without ``removed`` and with ``added``.

        Then it is the one that is known. False means that all of it has to be checked, and nothing changes.
        """
        removed, added = tuple(removed), tuple(added)
        names, gone = Counter(_names(added)), Counter(_names(removed))
        uses, unused = Counter(_uses(added)), Counter(_uses(removed))
        more = sum(map(routes_in, added)) - sum(map(routes_in, removed))
        shared, lost = _shared(added), _shared(removed)
        is_good = (
            self._routes + more <= MAX_ROUTES
            and all(self._names[name] + count - gone[name] <= 1 for name, count in names.items())
            and not any(self._uses[name] + uses[name] > unused[name] for name in lost.keys() - shared.keys())
            and not any(_means_another(before, shared.get(name)) for name, before in lost.items())
            and self._merges_slashes_as_before(shared, lost)
            and not errors_in(self._around(document, added, shared, lost))
        )
        if is_good:
            _count(self._names, names, gone)
            _count(self._uses, uses, unused)
            self._routes += more
            for name in lost:
                del self._shared[name]
            self._shared |= shared
        return is_good

    def _merges_slashes_as_before(self, shared: dict[Name, Definition], lost: dict[Name, Definition]) -> bool:
        before = self._shared.get(_DEFAULTS)
        after = shared.get(_DEFAULTS, None if _DEFAULTS in lost else before)
        return _merges_slashes(before) == _merges_slashes(after)

    def _around(
        self,
        document: Document,
        added: tuple[Definition, ...],
        shared: dict[Name, Definition],
        lost: dict[Name, Definition],
    ) -> Document:
        """What was added, and all that it refers to."""
        context: dict[Name, Definition] = {}
        wanted = [_DEFAULTS, *_uses(added)]
        while wanted:
            name = wanted.pop()
            found = self._shared.get(name)
            if found is not None and name not in context and name not in shared and name not in lost:
                context[name] = found
                wanted += uses_of(found)
        return msgspec.structs.replace(document, definitions=(*context.values(), *added))


def _means_another(before: Definition, after: Definition | None) -> bool:
    """Whether it is a define of another condition now: what uses it may have got errors."""
    return isinstance(before, Define) and isinstance(after, Define) and after.condition != before.condition


def _merges_slashes(defaults: Definition | None) -> bool:
    return merges_slashes(() if defaults is None else (defaults,))


def _names(definitions: Iterable[Definition]) -> Iterator[Name]:
    return ((kind, name) for each in definitions for kind, name, _, _ in named(each, ""))


def _uses(definitions: Iterable[Definition]) -> Iterator[Name]:
    return (name for each in definitions for name in uses_of(each))


def _shared(definitions: Iterable[Definition]) -> dict[Name, Definition]:
    """What others refer to, or depend on."""
    found = (each for each in definitions if isinstance(each, Define | Upstream | Limit | Defaults))
    return {name: each for each in found for name in _names((each,))}


def _count(total: Counter[Name], more: Counter[Name], fewer: Counter[Name]) -> None:
    for name, count in more.items():
        total[name] += count
    for name, count in fewer.items():
        total[name] -= count
        if not total[name]:
            del total[name]
