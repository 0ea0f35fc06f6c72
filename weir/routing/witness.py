"""A request that meets several alternatives at once, made up: the proof that they overlap.

A few likely values are tried for each field apart, and taken if every comparison of that field accepts them. No
witness found says nothing; a witness is a proof, since the comparisons themselves accepted it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from urllib.parse import urlencode

from weir.models.condition import Field
from weir.routing.alternatives import Alternative, Term
from weir.routing.facts import RequestFacts
from weir.routing.patterns import parse_like
from weir.routing.predicate import checker_of

SAMPLE_HOST = "sample.invalid"
"""RFC 2606: no rule is for it."""
SAMPLE_SEGMENT = "sample"
_MAX_TRIES = 64

_DEFAULTS: dict[Field, str] = {
    "host": SAMPLE_HOST,
    "path": f"/{SAMPLE_SEGMENT}",
    "method": "GET",
    "scheme": "http",
    "port": "80",
    "ip": "192.0.2.1",
}


def witness(alternatives: Iterable[Alternative]) -> RequestFacts | None:
    """A request that matches all of them, or None if none was found."""
    by_field: dict[tuple[Field, str], list[Term]] = {}
    for term in dict.fromkeys(chain.from_iterable(alternatives)):
        by_field.setdefault((term.field, term.name), []).append(term)
    values: dict[tuple[Field, str], str | None] = {}
    for (field, name), terms in by_field.items():
        found = _value_for(field, terms)
        if found is _NONE_FOUND:
            return None
        values[field, name] = None if found is _ABSENT else found
    return _facts(values)


_ABSENT = "\x00absent"
_NONE_FOUND = "\x00none found"


def _value_for(field: Field, terms: list[Term]) -> str:
    checks = [(checker_of(term), term.negated) for term in terms]
    for value in islice(_tries(field, terms), _MAX_TRIES):
        if all(check(value) is not negated for check, negated in checks):
            return value
    if field not in _DEFAULTS and all(term.negated for term in terms):
        return _ABSENT
    return _NONE_FOUND


def _tries(field: Field, terms: list[Term]) -> Iterator[str]:
    positive = [term for term in terms if not term.negated]
    for term in positive:
        if term.operator == "in":
            yield from (sample_of(term.field, value) for value in islice(term.values, _MAX_TRIES // 2))
        elif term.operator == "like":
            yield sample_of_like(term.values[0])
    start = max(
        (t.values[0] for t in positive if t.operator in ("under", "starts_with")), key=len, default=""
    )
    middle = "".join(term.values[0] for term in positive if term.operator == "contains")
    end = max((term.values[0] for term in positive if term.operator == "ends_with"), key=len, default="")
    if start or middle or end:
        yield from (start + middle + end, f"{start.rstrip('/')}/{SAMPLE_SEGMENT}{middle}{end}")
    yield _DEFAULTS.get(field, SAMPLE_SEGMENT)
    if field == "method":
        yield from ("POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
    yield from {"scheme": ("https",), "port": ("443", "8080"), "path": ("/",)}.get(field, ())


def sample_of(field: Field, value: str) -> str:
    """A value that a member of a list accepts: a host for a wildcard, an address for a network."""
    if field == "host":
        return SAMPLE_SEGMENT + value.lstrip("*") if value.startswith("*") else value
    return value.partition("/")[0] if field == "ip" else value


def sample_of_like(pattern: str) -> str:
    like = parse_like(pattern)
    segments = [SAMPLE_SEGMENT if segment is None else segment for segment in like.segments]
    return "/" + "/".join([*segments, *([] if like.rest is None else [SAMPLE_SEGMENT])])


def _facts(values: dict[tuple[Field, str], str | None]) -> RequestFacts:
    def value(field: Field) -> str:
        return values.get((field, "")) or _DEFAULTS[field]

    def named(field: Field) -> list[tuple[str, str]]:
        return [(name, each) for (of, name), each in values.items() if of == field and each is not None]

    cookies = "; ".join(f"{name}={each}" for name, each in named("cookie"))
    return RequestFacts(
        value("host"),
        value("path"),
        value("method"),
        scheme=value("scheme"),
        port=int(value("port")),
        ip=value("ip"),
        headers=[*named("header"), *([("cookie", cookies)] if cookies else [])],
        query=urlencode(named("query")),
    )
