"""Rules and requests for the tests of routing, and a matcher so plain that it can be believed."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from weir.models.condition import And, AnyRequest, Compare, Condition, Not, Or
from weir.models.document import OWNERS, Owner
from weir.models.effective import Route
from weir.models.rule_clauses import Require, Respond
from weir.routing.alternatives import Term, alternatives_of
from weir.routing.facts import Facts, RequestFacts
from weir.routing.table import RouteSet, Table

ANY = AnyRequest()


def host(*names: str) -> Compare:
    return Compare("host", "==", names[0]) if len(names) == 1 else Compare("host", "in", names)


def path(text: str) -> Compare:
    return Compare("path", "==", text)


def under(text: str) -> Compare:
    return Compare("path", "under", text)


def like(text: str) -> Compare:
    return Compare("path", "like", text)


def matches(text: str) -> Compare:
    return Compare("path", "matches", text)


def method(*names: str) -> Compare:
    return Compare("method", "in", names)


def header(name: str, value: str) -> Compare:
    return Compare("header", "==", value, name)


def both(*terms: Condition) -> And:
    return And(terms)


def either(*terms: Condition) -> Or:
    return Or(terms)


def rule(
    name: str, condition: Condition, *, priority: int = 0, require: Require | None = None, path_line: str = ""
) -> Route:
    return Route(
        name=name,
        condition=condition,
        priority=priority,
        require=require,
        path_line=path_line,
        action=Respond(status=200),
    )


def rule_set(*routes: Route, owner: Owner = "api", key: str = "k") -> RouteSet:
    return RouteSet(key, owner, routes)


def table_of(*conditions: Condition) -> Table:
    """Rules r0, r1, … in one chunk."""
    return Table.build([rule_set(*(rule(f"r{number}", each) for number, each in enumerate(conditions)))])


def name_of(table: Table, facts: Facts) -> str | None:
    found = table.match(facts)
    return None if found is None else found.route.name


def holds(condition: Condition, facts: Facts) -> bool:
    """The meaning of a condition, straight from the text of the rule language; values must be in normal form."""
    match condition:
        case AnyRequest():
            return True
        case Not():
            return not holds(condition.term, facts)
        case And():
            return all(holds(term, facts) for term in condition.terms)
        case Or():
            return any(holds(term, facts) for term in condition.terms)
        case Compare():
            return _compare_holds(condition, facts)
    raise AssertionError(condition)


def _compare_holds(compare: Compare, facts: Facts) -> bool:
    value = value_of(compare, facts)
    if compare.operator == "!=":
        return value is None or not _passes(compare.field, "==", compare.value, value)
    return value is not None and _passes(compare.field, compare.operator, compare.value, value)


def value_of(compare: Compare, facts: Facts) -> str | None:
    if compare.name:
        return getattr(facts, compare.field)(compare.name)  # type: ignore[no-any-return]
    return str(getattr(facts, compare.field))


def _passes(field: str, operator: str, wanted: Any, value: str) -> bool:
    match operator:
        case "==":
            return _equals(field, str(wanted), value)
        case "in":
            return any(_equals(field, str(each), value) for each in wanted)
        case "under":
            return wanted == "/" or value == wanted or value.startswith(wanted + "/")
        case "like":
            return re.fullmatch(like_pattern(wanted), value) is not None
        case "matches":
            return re.fullmatch(wanted, value) is not None
        case "starts_with":
            return value.startswith(wanted)
        case "ends_with":
            return value.endswith(wanted)
        case "contains":
            return wanted in value
    return operator == "exists"


def _equals(field: str, wanted: str, value: str) -> bool:
    if field == "ip":
        return ipaddress.ip_address(value) in ipaddress.ip_network(wanted)
    if field == "host":
        return host_fits(wanted, value)
    return wanted == value


def host_fits(pattern: str, value: str) -> bool:
    labels = {"": "", "*": "[^.]+", "**": ".+"}[pattern[: len(pattern) - len(pattern.lstrip("*"))]]
    return re.fullmatch(labels + re.escape(pattern.lstrip("*")), value) is not None


def like_pattern(text: str) -> str:
    text = re.sub(r"\{(\w+)\.\.\.\}", r"(?P<\1>.*)", text)
    return re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", text)


def reference_match(sets: Sequence[RouteSet], facts: Facts) -> tuple[str, dict[str, str]] | None:
    """The rule and captures of the best alternative: all are tried, none is indexed."""
    best: tuple[tuple[Any, ...], str, tuple[Term, ...]] | None = None
    for chunk, route_set in enumerate(sets):
        for ordinal, route in enumerate(route_set.routes):
            for number, terms in enumerate(alternatives_of(route.condition)):
                if all(_term_holds(term, facts) for term in terms):
                    priority = 0 if route_set.owner == "k8s" else -route.priority
                    place = (OWNERS.index(route_set.owner), chunk, ordinal, number)
                    rank = (priority, *_specificity(terms, facts), *place)
                    if best is None or rank < best[0]:
                        best = (rank, route.name, terms)
    return None if best is None else (best[1], _captures(best[2], facts))


def _term_holds(term: Term, facts: Facts) -> bool:
    wanted = term.values if term.operator == "in" else term.values[0] if term.values else None
    value = value_of(Compare(term.field, term.operator, wanted, term.name), facts)
    passes = value is not None and _passes(term.field, term.operator, wanted, value)
    return passes is not term.negated


def _specificity(terms: tuple[Term, ...], facts: Facts) -> tuple[Any, ...]:
    positive = [term for term in terms if not term.negated]
    hosts = [
        (1 if value.startswith("*") else 0, -len(value.lstrip("*")), value.count("*"))
        for term in positive
        if (term.field, term.operator) == ("host", "in")
        for value in term.values
        if host_fits(value, facts.host)
    ]
    host_rank = min(hosts, default=(2, 0, 0))
    exact = [term for term in positive if (term.field, term.operator) == ("path", "in")]
    ranked = sorted(
        _path_rank(term) for term in positive if term.field == "path" and term.operator in _PATH_CLASS
    )
    path_rank = (0, 0) if exact else ranked[0] if ranked else (4, 0)
    counted = [
        term for term in positive if term not in exact and (term.field, term.operator) != ("host", "in")
    ]
    other = [t for t in counted if t.field not in ("method", "header", "query")]
    likes = [t for t in positive if t.operator == "like" and t.field == "path"]
    return (
        host_rank[0],
        host_rank[1:] if host_rank[0] == 1 else (0, 0),
        path_rank,
        -any(term.field == "method" for term in positive),
        -sum(term.field == "header" for term in positive),
        -sum(term.field == "query" for term in positive),
        -(len(other) - (1 if ranked and not exact else 0)),
        -_literals(likes[0]) if path_rank[0] == 1 else 0,
    )


_PATH_CLASS = {"like": 1, "matches": 2, "under": 3, "starts_with": 3}


def _path_rank(term: Term) -> tuple[int, int]:
    kind = _PATH_CLASS[term.operator]
    return kind, -len(term.values[0]) if kind == 3 else 0


def _literals(term: Term) -> int:
    return len(re.sub(r"\{[^}]*\}", "", term.values[0]))


def _captures(terms: tuple[Term, ...], facts: Facts) -> dict[str, str]:
    found: dict[str, str] = {}
    for term in terms:
        if term.field == "path" and term.operator in ("like", "matches") and not term.negated:
            pattern = like_pattern(term.values[0]) if term.operator == "like" else term.values[0]
            taken = re.fullmatch(pattern, facts.path)
            assert taken is not None
            found |= {name: value or "" for name, value in taken.groupdict().items()}
    return found


HOSTS = ("a.com", "b.a.com", "c.b.a.com", "b.com")
PATHS = ("/", "/a", "/a/", "/a/b", "/a/b/c", "/ab", "/b/a/c", "/b")
LIKES = ("/{x}", "/a/{x}", "/{x}/b", "/a/{r...}", "/{x}/{r...}", "/{r...}", "/{x}/a/{y}", "/a/")


def compares() -> st.SearchStrategy[Compare]:
    def compare(field: str, operators: tuple[str, ...], values: Sequence[Any], name: str = "") -> Any:
        return st.builds(
            Compare, st.just(field), st.sampled_from(operators), st.sampled_from(values), st.just(name)
        )

    host_values = (*HOSTS, "*.a.com", "**.a.com", "**.com", "*.b.a.com")
    lists = [
        st.builds(
            Compare,
            st.just("host"),
            st.just("in"),
            st.lists(st.sampled_from(host_values), max_size=3).map(tuple),
        ),
        st.builds(
            Compare, st.just("path"), st.just("in"), st.lists(st.sampled_from(PATHS), max_size=3).map(tuple)
        ),
    ]
    return st.one_of(
        *lists,
        compare("host", ("==", "!="), host_values),
        compare("host", ("starts_with", "ends_with", "contains"), ("b", ".com")),
        compare("path", ("==", "!=", "under"), ("/", "/a", "/a/b", "/b")),
        compare("path", ("starts_with", "ends_with", "contains"), ("/a", "b", "/")),
        compare("path", ("like",), LIKES),
        compare("path", ("matches",), ("/a/.*", "/(?P<p>[ab])/.*", "/a.*|/b", "/a/?(?P<q>b)?", ".*")),
        compare("method", ("==", "!="), ("GET", "POST")),
        compare("header", ("==", "!=", "exists"), ("1", ""), "x-a"),
        compare("query", ("==", "!=", "exists"), ("1", ""), "q"),
        compare("cookie", ("==", "contains"), ("1",), "c"),
        compare("ip", ("==", "!="), ("10.0.0.0/8", "10.1.2.3")),
        compare("port", ("==", "!="), (80, 443)),
    )


def conditions() -> st.SearchStrategy[Condition]:
    """Small ones, over few values, so that they meet."""
    return st.recursive(
        st.one_of(st.just(ANY), compares()),
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.builds(And, st.lists(inner, min_size=1, max_size=3).map(tuple)),
            st.builds(Or, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        ),
        max_leaves=5,
    )


def route_sets() -> st.SearchStrategy[list[RouteSet]]:
    """A version: some chunks of each owner; keys say what is in them, as a content hash does."""
    routes = st.lists(st.tuples(conditions(), st.sampled_from((0, 0, 0, 0, 5, -1))), max_size=4)

    def named(chunks: list[tuple[Owner, list[tuple[Condition, int]]]]) -> list[RouteSet]:
        return [
            rule_set(
                *(
                    rule(f"{owner}-{number}-{i}", each, priority=priority)
                    for i, (each, priority) in enumerate(content)
                ),
                owner=owner,
                key=repr((number, content)),
            )
            for number, (owner, content) in enumerate(chunks)
        ]

    return st.lists(st.tuples(st.sampled_from(OWNERS), routes), max_size=5).map(named)


def requests() -> st.SearchStrategy[RequestFacts]:
    return st.builds(
        RequestFacts,
        st.sampled_from((*HOSTS, "com", "x.y.b.com")),
        st.sampled_from(PATHS),
        st.sampled_from(("GET", "POST")),
        port=st.sampled_from((80, 443)),
        ip=st.sampled_from(("10.1.2.3", "10.9.9.9", "192.0.2.1")),
        headers=st.sampled_from(((), (("X-A", "1"),), (("x-a", ""), ("cookie", "c=1")))),
        query=st.sampled_from(("", "q=1", "q", "z=1&q=2&q=1")),
    )
