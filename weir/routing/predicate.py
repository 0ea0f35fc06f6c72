"""Terms compiled to functions: the one place that decides whether a comparison holds.

Matching, explain and lint all call ``compile_term``, so what is explained is what happens. Closures were chosen over
generated code: a rule has one or two comparisons left after the index, at 0.15 µs each, while compiling source
text costs 100 µs a rule.
"""

from __future__ import annotations

from collections.abc import Callable

from weir.models.condition import Condition, Field
from weir.routing.alternatives import BadCondition, Term, alternatives_of
from weir.routing.facts import Facts
from weir.routing.networks import NetworkSet, parse_address
from weir.routing.patterns import HostKind, parse_host, parse_like
from weir.routing.regex import Regex, check_regex

__all__ = ["Test", "check_condition", "check_regex", "checker_of", "compile_term", "reader_of"]

Test = Callable[[Facts], bool]
Check = Callable[[str], bool]
Reader = Callable[[Facts], str | None]


def compile_term(term: Term) -> Test:
    """Whether the term holds. An absent value makes every comparison false, so a negated one true."""
    if term.field == "ip":
        networks = NetworkSet(term.values)
        if term.negated:
            return lambda facts: facts.address() not in networks
        return lambda facts: facts.address() in networks
    read, check = reader_of(term.field, term.name), checker_of(term)
    if term.negated:
        return lambda facts: (value := read(facts)) is None or not check(value)
    return lambda facts: (value := read(facts)) is not None and check(value)


def reader_of(field: Field, name: str) -> Reader:
    """The value that a comparison sees; None if the request has none."""
    match field:
        case "host":
            return lambda facts: facts.host
        case "path":
            return lambda facts: facts.path
        case "method":
            return lambda facts: facts.method
        case "scheme":
            return lambda facts: facts.scheme
        case "port":
            return lambda facts: str(facts.port)
        case "ip":
            return lambda facts: facts.ip
        case "header":
            return lambda facts: facts.header(name)
        case "query":
            return lambda facts: facts.query(name)
        case "cookie":
            return lambda facts: facts.cookie(name)


def checker_of(term: Term) -> Check:
    """Whether a present value passes, negation aside."""
    match term.operator:
        case "exists":
            return lambda _value: True
        case "in":
            return _membership(term)
        case "under":
            return _under(term.values[0])
        case "like":
            return parse_like(term.values[0]).matches
        case "matches":
            return Regex(term.values[0]).matches
        case "starts_with":
            prefix = term.values[0]
            return lambda value: value.startswith(prefix)
        case "ends_with":
            suffix = term.values[0]
            return lambda value: value.endswith(suffix)
        case "contains":
            part = term.values[0]
            return lambda value: part in value
        case _:
            raise BadCondition(f"{term.operator} is no operator of a term")


def _membership(term: Term) -> Check:
    if term.field == "ip":
        networks = NetworkSet(term.values)
        return lambda value: parse_address(value) in networks
    if term.field != "host":
        return frozenset(term.values).__contains__
    patterns = [parse_host(value) for value in term.values]
    exact = frozenset(pattern.name for pattern in patterns if pattern.kind is HostKind.EXACT)
    wildcards = tuple(pattern for pattern in patterns if pattern.kind is not HostKind.EXACT)
    if not wildcards:
        return exact.__contains__
    return lambda host: host in exact or any(pattern.matches(host) for pattern in wildcards)


def _under(prefix: str) -> Check:
    below = prefix.rstrip("/") + "/"
    return lambda path: path == prefix or path.startswith(below)


def check_condition(condition: Condition, merge_slashes: bool = True) -> list[str]:
    """Everything that keeps a condition from being matched, as sentences; empty if it is fine.

    A condition that passed this compiles without an error.
    """
    try:
        alternatives = alternatives_of(condition, merge_slashes)
    except BadCondition as error:
        return [str(error)]
    terms = dict.fromkeys(term for alternative in alternatives for term in alternative)
    return [problem for term in terms for problem in _check_term(term)]


def _check_term(term: Term) -> list[str]:
    if term.operator == "matches":
        problem = check_regex(term.values[0])
        return [f'"{term.values[0]}": {problem}'] if problem else []
    if term.field == "ip":
        return [
            f'"{value}" is no address and no network such as 10.0.0.0/8'
            for value in term.values
            if not _is_network(value)
        ]
    return []


def _is_network(text: str) -> bool:
    try:
        NetworkSet((text,))
    except ValueError:
        return False
    return True
