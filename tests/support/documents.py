"""Hypothesis strategies for documents of the rule language: everything that a text can say, likely or not.

The documents need not make sense (upstreams may be unknown, weights 0): they are what ``parse`` can give. Names and
strings are chosen to hurt: words of the language, quotes, escapes, control characters, any script.
"""

from __future__ import annotations

from typing import Any, get_args

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from weir.models import default_clauses as defaults
from weir.models import rule_clauses as rules
from weir.models import upstream_clauses as upstreams
from weir.models.condition import (
    NAMED_FIELDS,
    OPERATORS_OF_FIELD,
    And,
    AnyRequest,
    Compare,
    Condition,
    Not,
    Or,
    Reference,
)
from weir.models.document import (
    Defaults,
    Define,
    Definition,
    Document,
    Group,
    Limit,
    RateLine,
    Rule,
    Upstream,
)
from weir.models.values import AuthMethod, Destination, LimitKey, Rate, Requirement, Secret
from weir.rules.bounds import MAX_INTEGER
from weir.rules.clauses.access import OPTIONS
from weir.rules.clauses.limits import KEY_FIELDS, NAMED_KEYS
from weir.rules.clauses.upstreams import HASH_FIELDS, NAMED_HASHES
from weir.rules.conditions import RESERVED

moderate = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
"""For properties of whole documents: enough to find what is wrong, quick enough to run always."""

KEYWORDS = [
    "any",
    "and",
    "or",
    "not",
    "by",
    "in",
    "like",
    "exists",
    "language",
    "rule",
    "group",
    "limit",
    "define",
    "upstream",
    "defaults",
    "proxy",
    "when",
    "none",
    "off",
    "on",
    "secret",
    "month",
    "per",
    "path",
    "host",
    "smooth",
    "adaptive",
    "hash",
    "true",
    "null",
]
ODD_NAMES = (
    "100",
    "1st",
    'a"b',
    "a\\b",
    "a b",
    "#",
    "{}",
    "x;y",
    "http://a",
    "/a",
    "订单",
    "ü",
    "a.b-c",
    "-",
    "..",
)
ODD_STRINGS = (
    "",
    '"',
    "\\",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\x7f",
    "\u2028",
    "\ufeff",
    "🦫",
    "\\u{41}",
    "{id}",
    "# no",
)

characters = st.characters(exclude_categories=["Cs"])
strings = st.one_of(st.sampled_from(ODD_STRINGS), st.text(characters, max_size=12))
names = st.one_of(
    st.sampled_from(KEYWORDS),
    st.sampled_from(ODD_NAMES),
    st.text(characters.filter(str.isprintable), min_size=1, max_size=8),
)
words = st.one_of(
    st.sampled_from([word for word in KEYWORDS if word not in RESERVED]),
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,4}([.-][A-Za-z0-9_]{1,3}){0,2}", fullmatch=True).filter(
        lambda word: word not in RESERVED
    ),
)
urls = st.sampled_from(
    ["http://a", "https://a.b:8443", "http://[::1]:80", "http://", "https://a/b?c=d&e", "http://ü"]
)
numbers = st.one_of(st.integers(1, 100), st.integers(1, 10**12))
durations = st.one_of(
    st.integers(0, MAX_INTEGER), st.sampled_from([1, 999, 1_000, 60_000, 3_600_000, 86_400_000, 90_061_001])
)
percents = st.integers(0, 1_000_000).map(lambda parts: parts / 10_000)
weights = st.integers(0, 1_000_000)
comment_lines = st.text(characters, max_size=10).map(lambda text: " ".join(text.splitlines()).rstrip())
comments = st.one_of(st.just(()), st.lists(comment_lines, max_size=2).map(tuple))
beside = st.one_of(st.just(""), comment_lines)


def some(values: st.SearchStrategy[Any], least: int = 1, most: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    """A tuple of a few."""
    return st.lists(values, min_size=least, max_size=most).map(tuple)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


def clause(kind: type, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A clause or block with any comments."""
    return st.builds(kind, comments=comments, comment_beside=beside, **fields)


def block(kind: type, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return clause(kind, comments_end=comments, **fields)


@st.composite
def comparisons(draw: st.DrawFn) -> Compare:
    field = draw(st.sampled_from(sorted(OPERATORS_OF_FIELD)))
    operator = draw(st.sampled_from(sorted(OPERATORS_OF_FIELD[field])))
    one = st.integers(1, 65_535) if field == "port" else strings
    values = {"exists": st.none(), "in": some(one, least=0)}.get(operator, one)
    name = draw(strings) if field in NAMED_FIELDS else ""
    return Compare(field, operator, draw(values), name)  # type: ignore[arg-type]


conditions: st.SearchStrategy[Condition] = st.recursive(
    st.one_of(comparisons(), st.builds(Reference, words), st.just(AnyRequest())),
    lambda inner: st.one_of(
        st.builds(Not, inner), st.builds(And, some(inner, least=2)), st.builds(Or, some(inner, least=2))
    ),
    max_leaves=6,
)

destinations = st.builds(Destination, st.one_of(names, urls), weights)


@st.composite
def requirements(draw: st.DrawFn) -> Requirement:
    method = draw(st.sampled_from(get_args(AuthMethod)))
    options = sorted(OPTIONS[method])
    chosen = draw(st.lists(st.sampled_from(options), unique=True)) if options else []
    return Requirement(method, {option: draw(strings) for option in chosen})


keys = st.one_of(
    st.builds(LimitKey, st.sampled_from(sorted(KEY_FIELDS - NAMED_KEYS))),
    st.builds(LimitKey, st.sampled_from(sorted(NAMED_KEYS)), strings),
)
rates = st.builds(
    lambda per, **fields: Rate(per_ms=per or 0, per_month=per is None, **fields),
    per=maybe(durations),
    count=numbers,
    by=some(keys, least=0),
    window=st.sampled_from(["sliding", "smooth", "calendar"]),
    burst=maybe(numbers),
    cost=st.integers(1, 1_000_000),
    shadow=st.booleans(),
    on_store_failure=st.sampled_from(["share", "share strict", "open", "closed"]),
    max_keys=maybe(numbers),
)

timeouts = st.sets(st.sampled_from(["connect_ms", "try_ms", "total_ms", "idle_ms"]), min_size=1).flatmap(
    lambda parts: clause(rules.Timeout, **dict.fromkeys(sorted(parts), durations))
)
retries = st.one_of(
    clause(rules.Retry, count=st.just(0)),
    clause(
        rules.Retry,
        count=st.integers(1, 10),
        on=some(st.sampled_from(get_args(rules.RetryReason))),
        idempotency_key=st.booleans(),
        put_timeout=st.booleans(),
        body=st.none() | st.integers(0, 1024**2),
    ),
)
hosts = st.one_of(
    clause(rules.Host, mode=st.sampled_from(["preserve", "upstream"])),
    clause(rules.Host, mode=st.just("fixed"), name=strings),
)
sizes = clause(rules.MaxSize, part=st.sampled_from(["body", "head"]), bytes=st.integers(0, MAX_INTEGER))
compressions = clause(rules.Compress, encodings=some(st.sampled_from(get_args(rules.Encoding)), least=0))
logs = clause(rules.Log, on=st.booleans())
budgets = clause(upstreams.Budget, percent=percents, max=maybe(st.integers(0, MAX_INTEGER)), per_ms=durations)
sides = st.sampled_from(["request", "response"])

rule_clauses = st.one_of(
    clause(rules.When, condition=conditions),
    clause(rules.Priority, value=st.integers(0, 1_000_000)),
    clause(rules.Proxy, to=some(destinations)),
    block(
        rules.ProxyByPath,
        lines=some(clause(rules.PathLine, prefix=strings, to=some(destinations)), least=0),
    ),
    clause(rules.Redirect, status=st.integers(300, 399), location=strings),
    clause(rules.Respond, status=st.integers(200, 599), body=strings),
    clause(rules.Respond, status=st.just(200), body=strings, content_type=strings),
    clause(rules.Mirror, percent=percents, to=st.one_of(names, urls)),
    clause(rules.Require, any_of=some(requirements(), least=0)),
    clause(rules.AllowIp, networks=some(strings, least=0)),
    clause(rules.DenyIp, networks=some(strings)),
    clause(rules.UseLimit, name=names, cost=st.integers(1, 1_000_000)),
    clause(rules.InlineLimit, rate=rates),
    block(
        rules.Cors,
        origins=some(strings, least=0),
        methods=some(strings, least=0),
        headers=some(strings, least=0),
        expose=some(strings, least=0),
        credentials=st.booleans(),
        max_age_ms=maybe(durations),
    ),
    clause(rules.StripPrefix, prefix=strings),
    clause(rules.ReplacePrefix, prefix=strings, replacement=strings),
    clause(rules.RewritePath, path=strings),
    clause(
        rules.EditHeader,
        action=st.sampled_from(["set", "add"]),
        side=sides,
        name=strings,
        value=st.one_of(strings, st.builds(Secret, strings)),
    ),
    clause(rules.EditHeader, action=st.just("remove"), side=sides, name=strings),
    clause(rules.Tag, tags=some(names)),
    hosts,
    timeouts,
    sizes,
    retries,
    compressions,
    logs,
)

upstream_clauses = st.one_of(
    clause(upstreams.Target, url=st.one_of(urls, names, strings), weight=weights),
    clause(upstreams.Balance, policy=st.sampled_from(["round_robin", "least_conn", "p2c"])),
    clause(
        upstreams.Balance,
        policy=st.just("hash"),
        hash_on=st.sampled_from(sorted(set(HASH_FIELDS) - NAMED_HASHES)),
    ),
    clause(
        upstreams.Balance,
        policy=st.just("hash"),
        hash_on=st.sampled_from(sorted(NAMED_HASHES)),
        hash_name=strings,
    ),
    clause(
        upstreams.Check,
        method=names,
        path=st.one_of(strings, st.just("/healthz")),
        every_ms=durations,
        timeout_ms=maybe(durations),
        expect=some(st.integers(100, 599), least=0),
    ),
    clause(upstreams.Eject, after=st.just(0)),
    clause(
        upstreams.Eject, after=st.integers(1, 10_000), for_ms=maybe(durations), max_percent=maybe(percents)
    ),
    clause(upstreams.Concurrency, limit=maybe(st.integers(1, 1_000_000)), queue=st.integers(0, 1_000_000)),
    clause(upstreams.Tls, verify=st.booleans(), server_name=strings, ca=strings, certificate=strings),
    clause(upstreams.Sticky, cookie=strings, for_ms=maybe(durations)),
    clause(upstreams.SlowStart, for_ms=durations),
    budgets,
    hosts,
    timeouts,
    retries,
)

default_clauses = st.one_of(
    clause(defaults.TrustedProxies, networks=some(strings, least=0)),
    clause(defaults.MergeSlashes, on=st.booleans()),
    clause(defaults.MaxStale, for_ms=durations),
    timeouts,
    sizes,
    retries,
    budgets,
    compressions,
    hosts,
    logs,
)

rule_definitions = block(Rule, name=names, clauses=some(rule_clauses, least=0, most=4))
definitions: st.SearchStrategy[Definition] = st.one_of(
    block(Defaults, clauses=some(default_clauses, least=0)),
    clause(Define, name=words, condition=conditions),
    block(Upstream, name=names, clauses=some(upstream_clauses, least=0)),
    block(Limit, name=names, rates=some(clause(RateLine, rate=rates), least=0)),
    block(Group, name=names, members=some(st.one_of(rule_clauses, rule_definitions), least=0)),
    rule_definitions,
)

documents: st.SearchStrategy[Document] = st.builds(
    Document, definitions=some(definitions, least=0, most=4), comments=comments, comments_end=comments
)
