"""A condition as alternatives: a disjunction of conjunctions of comparisons (disjunctive normal form).

Negations are pushed down to the comparisons; ``a != b`` is ``not a == b`` and ``a == b`` is ``a in [b]``. Nothing is
expanded before it is known to stay within ``MAX_ALTERNATIVES``, so hostile nesting costs no more than reading it.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, product
from typing import NamedTuple

from weir.models.condition import And, AnyRequest, Compare, Condition, Field, Not, Operator, Or, Reference
from weir.routing.normalise import BadPath, normalise_fragment, normalise_path
from weir.routing.patterns import BadPattern, host_text, parse_host, parse_like
from weir.rules.bounds import MAX_ALTERNATIVES

MAX_DEPTH = 64
"""Levels of nesting, of a rule's condition under its group's and with defines substituted."""
MAX_COMPARISONS = 1_024
"""Comparisons in one condition; a long list belongs into one ``in``, which counts once."""


class BadCondition(ValueError):
    """A condition that cannot be matched; the text says why."""


class TooManyAlternatives(BadCondition):
    """The condition would expand to more than ``MAX_ALTERNATIVES``."""

    def __init__(self) -> None:
        super().__init__(
            f"the condition expands to more than {MAX_ALTERNATIVES} alternatives; "
            'use "in [...]" for lists of values, or several rules'
        )


class Term(NamedTuple):
    """One comparison in normal form."""

    field: Field
    name: str
    """Of a header (lower case), query or cookie."""
    operator: Operator
    """Never ``==`` or ``!=``."""
    values: tuple[str, ...]
    """Normalised; one value unless the operator is ``in``, none for ``exists``. A port is its decimal text."""
    negated: bool = False

    def text(self) -> str:
        """As the rule language writes it: ``not path under "/admin"``."""
        field = f'{self.field}("{self.name}")' if self.name else self.field
        if self.operator == "exists":
            return f"{'not ' * self.negated}{field} exists"
        values = [value if self.field == "port" else f'"{_escaped(value)}"' for value in self.values]
        if self.operator != "in":
            return f"{'not ' * self.negated}{field} {self.operator} {values[0]}"
        if len(values) == 1:
            return f"{field} {'!=' if self.negated else '=='} {values[0]}"
        return f"{'not ' * self.negated}{field} in [{', '.join(values)}]"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


Alternative = tuple[Term, ...]
"""All must hold; no term twice. Empty holds for every request."""


def alternatives_of(condition: Condition, merge_slashes: bool = True) -> tuple[Alternative, ...]:
    """At least one of them holds exactly when the condition does; none for ``not any``. Raises BadCondition."""
    if isinstance(condition, Compare):  # most rules: worth no machinery
        return ((term_of(condition, merge_slashes=merge_slashes),),)
    return tuple(dict.fromkeys(_Expansion(merge_slashes).expand(condition, False, 0)))


class _Expansion:
    """One walk over one condition; counts what it met."""

    def __init__(self, merge_slashes: bool) -> None:
        self.merge_slashes = merge_slashes
        self.comparisons = 0

    def expand(self, condition: Condition, negated: bool, depth: int) -> list[Alternative]:
        if depth > MAX_DEPTH:
            raise BadCondition(f"the condition is nested more than {MAX_DEPTH} levels deep")
        match condition:
            case Compare():
                return [(self._term(condition, negated),)]
            case AnyRequest():
                return [] if negated else [()]
            case Not():
                return self.expand(condition.term, not negated, depth + 1)
            case And() | Or():
                each = (self.expand(term, negated, depth + 1) for term in condition.terms)
                # De Morgan: a negated "and" is an "or" of negations.
                return _all_of(each) if isinstance(condition, And) is not negated else _one_of(each)
            case Reference():
                raise BadCondition(f'"{condition.name}" was not replaced by its definition')

    def _term(self, compare: Compare, negated: bool) -> Term:
        self.comparisons += 1
        if self.comparisons > MAX_COMPARISONS:
            raise BadCondition(f"the condition has more than {MAX_COMPARISONS} comparisons")
        return term_of(compare, negated, self.merge_slashes)


def _one_of(each: Iterable[list[Alternative]]) -> list[Alternative]:
    found: list[Alternative] = []
    for alternatives in each:
        found += alternatives
        if len(found) > MAX_ALTERNATIVES:
            raise TooManyAlternatives
    return found


def _all_of(each: Iterable[list[Alternative]]) -> list[Alternative]:
    """The product; what has one alternative is joined first, so the work is the size of the result."""
    joined: list[Term] = []
    choices: list[list[Alternative]] = []
    impossible = False
    count = 1
    for alternatives in each:
        if not alternatives:
            impossible = True
        elif len(alternatives) == 1:
            joined += alternatives[0]
        else:
            count *= len(alternatives)
            if count > MAX_ALTERNATIVES:
                raise TooManyAlternatives
            choices.append(alternatives)
    if impossible:
        return []
    return [tuple(dict.fromkeys(chain(joined, *combination))) for combination in product(*choices)]


def term_of(compare: Compare, negated: bool = False, merge_slashes: bool = True) -> Term:
    """The normal form of one comparison. Raises BadCondition for a value that no request could have."""
    operator = compare.operator
    if operator == "!=":
        operator, negated = "in", not negated
    elif operator == "==":
        operator = "in"
    raw = (
        compare.value
        if isinstance(compare.value, tuple)
        else ()
        if compare.value is None
        else (compare.value,)
    )
    name = compare.name.lower() if compare.field == "header" else compare.name
    try:
        values = tuple([_value(compare.field, operator, str(value), merge_slashes) for value in raw])
    except (BadPath, BadPattern) as error:
        raise BadCondition(str(error)) from None
    return Term(compare.field, name, operator, values, negated)


def _value(field: Field, operator: Operator, value: str, merge_slashes: bool) -> str:
    if field == "path":
        return _path_value(operator, value, merge_slashes)
    if field == "host" and operator != "matches":
        return host_text(parse_host(value)) if operator == "in" else value.lower()
    return value


def _path_value(operator: Operator, value: str, merge_slashes: bool) -> str:
    """Patterns pass the same normaliser as the path; a regular expression is taken as it is written."""
    try:
        match operator:
            case "matches":
                return value
            case "like":
                parse_like(value, merge_slashes)
                return normalise_path(value, merge_slashes)
            case "under":
                return normalise_path(value, merge_slashes).rstrip("/") or "/"
            case "in":
                return normalise_path(value, merge_slashes)
            case _:
                return normalise_fragment(value, merge_slashes)
    except BadPath as error:
        raise BadCondition(f'"{value}": {error}') from None
