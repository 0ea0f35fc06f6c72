"""The check of whole documents: a case for every code, each with its place, in text and in JSON."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import weir.rules.check
from tests.support.rejected import rejected, said_of
from weir.models.condition import Compare
from weir.models.document import Document, Rule
from weir.models.rule_clauses import Respond, When
from weir.rules.bounds import MAX_LIST, MAX_STRING
from weir.rules.check.document import check
from weir.rules.json_form import from_json, to_json
from weir.rules.parser import parse

OF_TEXT = rejected(Path(__file__).with_name("findings.txt"))
OF_JSON = rejected(Path(__file__).with_name("findings_of_json.txt"))


@pytest.mark.parametrize(("text", "said"), OF_TEXT, ids=[case.text for case in OF_TEXT])
def test_a_text_is_refused_at_its_line_and_column(text: str, said: list[str]) -> None:
    assert said_of(check(*parse(text))) == said


@pytest.mark.parametrize(("text", "said"), OF_JSON, ids=[case.text[:100] for case in OF_JSON])
def test_json_is_refused_with_its_path(text: str, said: list[str]) -> None:
    document = from_json(b'{"definitions":[' + text.encode() + b"]}")
    assert said_of(check(document)) == said


ELSEWHERE = {"too-deep", "too-large", "bad-language"}
"""Codes with a test of their own: bounds are in test_bounds, the language is below."""


def test_every_code_of_the_check_has_a_case() -> None:
    folder = Path(weir.rules.check.__file__).parent
    source = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    codes = set(re.findall(r'Issue\(\s*f?"([a-z{}-]+)"', source)) - {"unknown-{kind}"}
    codes |= {"unknown-upstream", "unknown-limit", "unknown-define"}
    cases = {line.split()[0] for case in (*OF_TEXT, *OF_JSON) for line in case.said}
    assert codes == cases | ELSEWHERE


def test_the_language_must_be_known() -> None:
    assert [(p.code, p.path) for p in check(Document(language=2))] == [("bad-language", "language")]
    assert [(p.code, p.path) for p in check(Document(language=0))] == [("bad-language", "language")]
    assert [(p.code, p.path) for p in check(Document(comments=("a\nb",)))] == [("bad-comment", "comments")]


def test_an_option_that_a_method_does_not_have_is_refused() -> None:
    text = 'rule a { require key(header: "X"); respond 200 }'
    document = from_json(to_json(parse(text).document).replace(b'"header":"X"', b'"realm":"X"'))
    assert "bad-option" in {problem.code for problem in check(document)}


def test_json_is_held_to_the_lengths_of_text() -> None:
    def codes(compare: Compare, body: str = "") -> set[str]:
        rule = Rule(name="a", clauses=(When(condition=compare), Respond(status=200, body=body)))
        return {problem.code for problem in check(Document(definitions=(rule,)))}

    fine = Compare("path", "contains", "a" * MAX_STRING)
    assert codes(fine, "a" * MAX_STRING) == set()
    assert codes(fine, "a" * (MAX_STRING + 1)) == {"too-large"}
    assert codes(Compare("path", "contains", "a" * (MAX_STRING + 1))) == {"too-large"}
    assert codes(Compare("host", "in", ("a",) * MAX_LIST)) == set()
    assert codes(Compare("host", "in", ("a",) * (MAX_LIST + 1))) == {"bad-value"}


def test_what_is_not_built_yet_is_named() -> None:
    text = """
    upstream u { target http://u; balance hash(consumer); tls verify off; slow_start 5s; budget 5% per 5s }
    rule a { require key or mtls; limit 5 per 1s by consumer; limit 5 per 1s by ip; mirror u; proxy u }
    rule b { set request header "X" = secret("a"); cors { origins ["http://a"] }; require none; proxy u }
    rule c { retry 1 on connect; compress gzip; proxy u }
    """
    problems = [problem for problem in check(*parse(text)) if problem.code == "not-built"]
    features = [problem.message.split(" is part")[0] for problem in problems]
    assert features == [
        "tls",
        "require mtls",
        "secret(…)",
    ]


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
