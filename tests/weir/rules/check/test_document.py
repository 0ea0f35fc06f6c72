"""The check: one case for each code, with its place in text and in JSON."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import weir.rules.check
from tests.support.rejected import rejected, said_of
from weir.models.condition import And, AnyRequest, Compare, Reference
from weir.models.document import Define, Definition, Document, Group, Limit, RateLine, Rule, Upstream
from weir.models.rule_clauses import (
    EditHeader,
    Host,
    InlineLimit,
    Log,
    MaxSize,
    Mirror,
    PathLine,
    Priority,
    Proxy,
    ProxyByPath,
    Respond,
    Retry,
    RuleClause,
    Tag,
    Timeout,
    UseLimit,
    When,
)
from weir.models.upstream_clauses import Balance, Budget, Check, Concurrency, Eject, Target
from weir.models.values import Destination, LimitKey, Rate, Requirement, Secret
from weir.rules.check.document import check
from weir.rules.json_form import from_json, to_json
from weir.rules.parser import parse

FINDINGS = rejected(Path(__file__).with_name("findings.txt"))


@pytest.mark.parametrize(("text", "said"), FINDINGS, ids=[case.text for case in FINDINGS])
def test_a_text_is_refused_at_its_place(text: str, said: list[str]) -> None:
    assert said_of(check(*parse(text))) == said


def rule(*clauses: RuleClause) -> Rule:
    return Rule(name="a", clauses=(*clauses, Respond(status=200)))


def when(field: str, operator: str, value: object = None, name: str = "") -> Rule:
    return rule(When(condition=Compare(field, operator, value, name)))  # type: ignore[arg-type]


RATE = Rate(count=5, per_ms=1_000)
TARGET = Target(url="http://u")
FIRST = "definitions[0].clauses[0]"
CONDITION = f"{FIRST}.condition"

MODELS: list[tuple[str, Definition, str]] = [
    ("bad-operator", when("ip", "like", "/a"), CONDITION),
    ("bad-field", when("header", "exists"), CONDITION),
    ("bad-field", when("host", "==", "a", "b"), CONDITION),
    ("bad-value", when("host", "=="), CONDITION),
    ("bad-value", when("header", "exists", "a", "X"), CONDITION),
    ("bad-value", when("host", "==", ("a",)), CONDITION),
    ("bad-value", when("host", "in", "a"), CONDITION),
    ("bad-value", when("host", "in", ()), CONDITION),
    ("bad-value", when("host", "in", ("a",) * 10_001), CONDITION),
    ("bad-value", when("port", "==", "80"), CONDITION),
    ("bad-value", when("host", "==", 80), CONDITION),
    ("bad-port", when("port", "==", 65_536), CONDITION),
    ("too-large", when("path", "contains", "a" * 65_537), CONDITION),
    ("bad-condition", rule(When(condition=And(()))), CONDITION),
    ("bad-condition", rule(When(condition=And((AnyRequest(),)))), CONDITION),
    ("unknown-define", rule(When(condition=Reference("any"))), CONDITION),
    ("bad-name", Define(name="any", condition=AnyRequest()), "definitions[0].name"),
    ("bad-name", Define(name="my office", condition=AnyRequest()), "definitions[0].name"),
    ("bad-name", Rule(name="", clauses=(Respond(status=200),)), "definitions[0].name"),
    ("bad-name", Rule(name="a\nb", clauses=(Respond(status=200),)), "definitions[0].name"),
    ("bad-name", Rule(name="a" * 254, clauses=(Respond(status=200),)), "definitions[0].name"),
    ("bad-name", rule(Tag(tags=("a", ""))), FIRST),
    ("bad-name", rule(EditHeader(action="set", side="request", name="X", value=Secret(""))), FIRST),
    ("empty", rule(Tag(tags=())), FIRST),
    ("empty", rule(Timeout()), FIRST),
    ("bad-value", rule(EditHeader(action="set", side="request", name="X")), FIRST),
    ("bad-value", rule(EditHeader(action="remove", side="request", name="X", value="a")), FIRST),
    ("bad-value", rule(Host(mode="preserve", name="a")), FIRST),
    ("bad-status", Rule(name="a", clauses=(Respond(status=100),)), FIRST),
    ("bad-percent", rule(Mirror(percent=100.1, to="http://a")), FIRST),
    ("bad-percent", rule(Mirror(percent=1 / 3, to="http://a")), FIRST),
    ("bad-number", rule(Priority(value=-1)), FIRST),
    ("bad-number", rule(Priority(value=1_000_001)), FIRST),
    ("bad-number", rule(UseLimit(name="x", cost=0)), FIRST),
    ("bad-number", rule(InlineLimit(rate=Rate(count=0, per_ms=1_000))), FIRST),
    ("bad-field", rule(InlineLimit(rate=Rate(count=5, per_ms=1, by=(LimitKey("header"),)))), FIRST),
    (
        "bad-field",
        Limit(name="a", rates=(RateLine(rate=Rate(5, 1, by=(LimitKey("ip", "x"),))),)),
        "definitions[0].rates[0]",
    ),
    (
        "bad-number",
        Rule(name="a", clauses=(Proxy(to=(Destination("http://a", -1), Destination("http://b"))),)),
        FIRST,
    ),
    ("bad-retry", rule(Retry(count=0, on=("503",))), FIRST),
    ("bad-retry", rule(Retry(count=1)), FIRST),
    ("bad-number", rule(Retry(count=11, on=("503",))), FIRST),
    ("bad-size", rule(MaxSize(part="body", bytes=-1)), FIRST),
    ("bad-value", Upstream(name="a", clauses=(Balance(policy="hash"), TARGET)), FIRST),
    ("bad-value", Upstream(name="a", clauses=(Balance(policy="p2c", hash_on="ip"), TARGET)), FIRST),
    ("bad-field", Upstream(name="a", clauses=(Balance(policy="hash", hash_on="header"), TARGET)), FIRST),
    ("bad-value", Upstream(name="a", clauses=(Eject(after=0, for_ms=5), TARGET)), FIRST),
    ("bad-percent", Upstream(name="a", clauses=(Budget(percent=-1.0), TARGET)), FIRST),
    ("bad-number", Upstream(name="a", clauses=(Concurrency(limit=0), TARGET)), FIRST),
    (
        "bad-number",
        Upstream(name="a", clauses=(Check(method="GET", path="/", every_ms=5, expect=(99,)), TARGET)),
        FIRST,
    ),
    ("bad-comment", rule(Log(on=True, comments=("a\nproxy evil",))), FIRST),
    ("bad-comment", rule(Log(on=True, comment_beside="a\rb")), FIRST),
    ("bad-comment", rule(Log(on=True, comments=("a ",))), FIRST),
    (
        "bad-comment",
        Limit(name="a", rates=(RateLine(rate=RATE, comments=("a\nb",)),)),
        "definitions[0].rates[0]",
    ),
    (
        "bad-comment",
        Rule(
            name="a",
            clauses=(
                ProxyByPath(lines=(PathLine(prefix="/", to=(Destination("http://a"),), comments=("\n",)),)),
            ),
        ),
        f"{FIRST}.lines[0]",
    ),
    ("too-large", Rule(name="a", clauses=(Respond(status=200, body="a" * 65_537),)), FIRST),
]


@pytest.mark.parametrize(("code", "definition", "path"), MODELS)
def test_json_is_refused_with_its_path(code: str, definition: Definition, path: str) -> None:
    document = from_json(to_json(Document(definitions=(definition,))))
    problems = [problem for problem in check(document) if problem.code == code]
    assert [(problem.line, problem.column, problem.path) for problem in problems] == [(0, 0, path)]


def test_the_language_must_be_known() -> None:
    assert [(p.code, p.path) for p in check(Document(language=2))] == [("bad-language", "language")]
    assert [(p.code, p.path) for p in check(Document(comments=("a\nb",)))] == [("bad-comment", "comments")]


def test_an_option_that_a_method_does_not_have_is_refused() -> None:
    text = 'rule a { require key(header: "X"); respond 200 }'
    document = from_json(to_json(parse(text).document).replace(b'"header":"X"', b'"realm":"X"'))
    assert "bad-option" in {problem.code for problem in check(document)}
    assert Requirement("key", {"realm": "X"}) in document.definitions[0].clauses[0].any_of  # type: ignore[union-attr]


ELSEWHERE = {"too-deep", "bad-language"}
"""Codes with a test of their own: the bounds in test_bounds, the others here."""


def test_every_code_of_the_check_has_a_case() -> None:
    folder = Path(weir.rules.check.__file__).parent
    source = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    codes = set(re.findall(r'Issue\(\s*f?"([a-z{}-]+)"', source))
    unknown = {f"unknown-{kind}" for kind in ("upstream", "limit", "define")}
    cases = {line.split()[0] for case in FINDINGS for line in case.said} | {case[0] for case in MODELS}
    assert (codes - {"unknown-{kind}"}) | unknown <= cases | ELSEWHERE


def test_what_is_not_built_yet_is_named() -> None:
    text = """
    upstream u { target http://u; balance p2c; sticky cookie "a"; slow_start 5s; budget 5% per 5s }
    rule a { require key; limit 5 per 1s; retry 1 on connect; compress gzip; mirror u; proxy u }
    rule b { set request header "X" = secret("a"); cors { origins ["a"] }; require none; retry off; proxy u }
    """
    problems = [problem for problem in check(*parse(text)) if problem.code == "not-built"]
    features = [problem.message.split(" is part")[0] for problem in problems]
    assert features == [
        *("balance p2c", "sticky", "slow_start", "budget"),
        *("require key", "limit", "retry", "compress", "mirror"),
        *("secret(…)", "cors"),
    ]


U = "upstream u { target http://u }\n"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("upstream u { target http://u }", [1]),
        ("limit l { 5 per 1s }", [1]),
        ("define d = any\ndefine e = d", [2]),
        (U + "rule a { proxy u }", []),
        (U + "rule a { proxy http://b }", [1]),
        (U + "group g { rule a { mirror u; respond 200 } }", []),
        (U + 'group g { proxy by path { "/" -> u } }', []),
        ("limit l { 5 per 1s }\nrule a { limit l; respond 200 }", []),
    ],
)
def test_what_no_rule_uses_is_a_warning(text: str, lines: list[int]) -> None:
    problems = [problem for problem in check(*parse(text)) if problem.code == "unused"]
    assert [problem.line for problem in problems] == lines
    assert {problem.severity for problem in problems} <= {"warning"}


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("rule a { limit 5 per 1s by ip; respond 200 }", []),
        ("rule a { require key; limit 5 per 1s by consumer; respond 200 }", []),
        ("rule a { limit 5 per 1s by ip, tag; respond 200 }", ["a"]),
        ("group g { require key; limit 5 per 1s by consumer; respond 200; rule r { tag x } }", []),
        (
            "group g { require key; limit 5 per 1s by consumer; rule r { require none; respond 200 } }",
            ["g/r"],
        ),
        ("group g { require key; rule r { respond 200; limit 5 per 1s by consumer } }", []),
        ("group g { limit 5 per 1s by consumer; rule r { limit 5 per 1s; respond 200 } }", []),
    ],
)
def test_counting_consumers_without_asking_who_they_are_is_a_warning(text: str, warned: list[str]) -> None:
    problems = [problem for problem in check(*parse(text)) if problem.code == "by-consumer"]
    assert [problem.message.split('"')[1] for problem in problems] == warned


def test_problems_of_a_text_have_a_path_too_and_come_in_the_order_of_the_text() -> None:
    text = "rule a { proxy b }\ndefine d = e\ngroup g {\n rule r { proxy c 1, d 2 }\n}"
    found = [(p.line, p.column, p.path) for p in check(*parse(text)) if p.severity == "error"]
    assert found == [
        (1, 16, "definitions[0].clauses[0].to[0]"),
        (2, 12, "definitions[1].condition"),
        (4, 17, "definitions[2].members[0].clauses[0].to[0]"),
        (4, 22, "definitions[2].members[0].clauses[0].to[1]"),
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('rule a { when path like "/{id}"; redirect "/{id}" }', []),
        (
            'rule a { redirect "/{uri}{path}{query}{host}{method}{scheme}{ip}{consumer}{request_id}{rule}" }',
            [],
        ),
        ('rule a { when path like "/{id}" or path == "/"; redirect "/{id}" }', ["id"]),
        ('rule a { when path like "/{id}" or path like "/x/{id}"; redirect "/{id}" }', []),
        ('rule a { when not path like "/{id}"; redirect "/{id}" }', ["id"]),
        ('define d = path like "/{id}"\nrule a { when d and any; redirect "/{id}" }', []),
        ('define d = path like "/{id}"\ndefine e = d\nrule a { when e; redirect "/{id}" }', []),
        ('group g { when path like "/{id}"; rule a { when any; redirect "/{id}" } }', []),
        ('group g { when path like "/{id}"; redirect "/{id}"; rule a { redirect "/{x}" } }', ["x"]),
        ('rule a { redirect "/{{id}}" }', []),
        ('rule a { respond 200 "{id}" }', []),
    ],
)
def test_templates_name_what_every_way_of_the_condition_captures(text: str, names: list[str]) -> None:
    problems = [problem for problem in check(*parse(text)) if problem.severity == "error"]
    assert [problem.message for problem in problems] == [
        f'nothing is called "{{{name}}}" here' for name in names
    ]


def test_a_group_may_share_what_stands_in_its_rules_too() -> None:
    text = "group g { tag a; timeout try 5s; respond 200; rule r { tag b; timeout try 6s; respond 201 } }"
    assert check(*parse(text)) == ()


def test_a_repeated_clause_is_found_between_the_rules_of_a_group_too() -> None:
    group = Group(name="g", members=(Log(on=True), rule(), Log(on=False)))
    problems = check(Document(definitions=(group,)))
    assert [(p.code, p.path) for p in problems] == [("duplicate", "definitions[0].members[2]")]
