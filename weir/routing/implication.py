"""What one comparison says about another: sound, not complete.

True is a proof; False only means that none was found (two regular expressions are never compared, for one).
"""

from __future__ import annotations

from itertools import combinations

from weir.routing.alternatives import Alternative, Term
from weir.routing.networks import NetworkSet
from weir.routing.patterns import Like, parse_host, parse_like
from weir.routing.predicate import checker_of

_MAX_PAIRS = 10_000


def covers(wide: Alternative, narrow: Alternative) -> bool:
    """Whether every request that ``narrow`` takes is taken by ``wide`` too."""
    return all(any(implies(given, wanted) for given in narrow) for wanted in wide)


def contradiction(alternative: Alternative) -> tuple[Term, ...]:
    """Terms that cannot hold together, so that the alternative never matches; empty if none were found.

    Looks at the first 64 terms: the work is bounded.
    """
    terms = alternative[:64]
    pair = next((pair for pair in combinations(terms, 2) if excludes(*pair)), ())
    return pair or next((found for term in terms if (found := _exhausted(term, terms))), ())


def _exhausted(listed: Term, terms: Alternative) -> tuple[Term, ...]:
    """The terms that together refuse every value of a list, such as ``method in [A, B]``, ``!= A`` and ``!= B``."""
    if listed.negated or listed.operator != "in" or listed.field == "ip" or not _are_plain(listed):
        return ()
    same = [term for term in terms if (term.field, term.name) == (listed.field, listed.name)]
    checks = [(checker_of(term), term.negated) for term in same]
    if any(all(check(value) is not negated for check, negated in checks) for value in listed.values):
        return ()
    return tuple(same)


def implies(given: Term, wanted: Term) -> bool:
    """Whether ``wanted`` holds whenever ``given`` does."""
    if given == wanted:
        return True
    if (given.field, given.name) != (wanted.field, wanted.name):
        return False
    if given.negated:
        return wanted.negated and _implies(_positive(wanted), _positive(given))
    return _apart(given, _positive(wanted)) if wanted.negated else _implies(given, wanted)


def excludes(one: Term, other: Term) -> bool:
    """Whether at most one of the two can hold."""
    if (one.field, one.name) != (other.field, other.name):
        return False
    if one.negated and other.negated:
        return False
    if one.negated:
        return _implies(other, _positive(one))
    return _implies(one, _positive(other)) if other.negated else _apart(one, other)


def _positive(term: Term) -> Term:
    return term._replace(negated=False)


def _implies(given: Term, wanted: Term) -> bool:
    """For terms of one field, neither negated."""
    if given == wanted or wanted.operator == "exists":
        return True
    if given.operator == "in":
        return _members_pass(given, wanted)
    match given.operator, wanted.operator:
        case "under", "under":
            return checker_of(wanted)(given.values[0])
        case "under" | "starts_with", "starts_with":
            return given.values[0].startswith(wanted.values[0])
        case "starts_with", "under":
            return given.values[0].startswith(wanted.values[0].rstrip("/") + "/")
        case "ends_with", "ends_with":
            return given.values[0].endswith(wanted.values[0])
        case "starts_with" | "ends_with" | "contains" | "under", "contains":
            return wanted.values[0] in given.values[0]
        case "like", "under" | "starts_with":
            return _literal_start(parse_like(given.values[0]), wanted)
        case "like", "like":
            return _narrower(parse_like(given.values[0]), parse_like(wanted.values[0]))
    return False


def _apart(one: Term, other: Term) -> bool:
    """Whether no value passes both; for terms of one field, neither negated."""
    if one.field == "ip":
        return NetworkSet(one.values).disjoint(NetworkSet(other.values))
    if one.operator == "in" and other.operator == "in":
        return not _share_member(one, other)
    if one.operator == "in" and _are_plain(one):
        return not any(map(checker_of(other), one.values))
    if other.operator == "in" and _are_plain(other):
        return not any(map(checker_of(one), other.values))
    match one.operator, other.operator:
        case ("under", "under") | ("starts_with", "starts_with") | ("ends_with", "ends_with"):
            return not (_implies(one, other) or _implies(other, one))
        case "like", "like":
            return _likes_apart(parse_like(one.values[0]), parse_like(other.values[0]))
    return False


def _are_plain(term: Term) -> bool:
    """Whether the values are what a request may have, not patterns."""
    return term.field != "host" or not any(value.startswith("*") for value in term.values)


def _members_pass(given: Term, wanted: Term) -> bool:
    if given.field == "ip":
        return NetworkSet(wanted.values).covers(NetworkSet(given.values))
    if given.field == "host" and not _are_plain(given):
        return wanted.operator == "in" and _hosts_inside(given, wanted)
    return all(map(checker_of(wanted), given.values))


def _hosts_inside(given: Term, wanted: Term) -> bool:
    if len(given.values) * len(wanted.values) > _MAX_PAIRS:
        return False
    wide = [parse_host(value) for value in wanted.values]
    return all(any(pattern.covers(parse_host(value)) for pattern in wide) for value in given.values)


def _share_member(one: Term, other: Term) -> bool:
    if one.field != "host":
        return not frozenset(one.values).isdisjoint(other.values)
    if len(one.values) * len(other.values) > _MAX_PAIRS:
        return True
    others = [parse_host(value) for value in other.values]
    return any(
        mine.covers(theirs) or theirs.covers(mine)
        for mine in map(parse_host, one.values)
        for theirs in others
    )


def _literal_start(like: Like, wanted: Term) -> bool:
    """Whether what precedes the first capture is enough to be under, or start with, the wanted text."""
    start = "/"
    for segment in like.segments:
        if segment is None:
            break
        start += segment + "/"
    else:
        if like.rest is None:
            start = start[:-1]
    return checker_of(wanted)(start)


def _narrower(given: Like, wanted: Like) -> bool:
    if wanted.rest is None and (given.rest is not None or len(given.segments) != len(wanted.segments)):
        return False
    longer = len(given.segments) - len(wanted.segments)
    if longer < 0 or (longer == 0 and wanted.rest is not None and given.rest is None):
        return False
    return all(
        want == have or (want is None and have != "")
        for want, have in zip(wanted.segments, given.segments, strict=False)
    )


def _likes_apart(one: Like, other: Like) -> bool:
    """Literal segments that differ, or lengths that cannot be equal."""
    if one.rest is None and other.rest is None and len(one.segments) != len(other.segments):
        return True
    for short, long in ((one, other), (other, one)):
        if short.rest is None and long.rest is not None and len(short.segments) <= len(long.segments):
            return True
    return any(
        a != b and (a is not None or not b) and (b is not None or not a)
        for a, b in zip(one.segments, other.segments, strict=False)
    )
