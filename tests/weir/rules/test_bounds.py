"""Hostile texts and documents: bounded work, and ``Refused`` or a result, never anything else.

Work is counted in tokens read and nodes visited, not in seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.documents import KEYWORDS, documents, moderate
from weir.models.condition import AnyRequest, Not
from weir.models.document import Define, Document, Group, Rule
from weir.models.problem import Problem, Refused
from weir.models.rule_clauses import Log, PathLine, Proxy, ProxyByPath, Respond, Tag, When
from weir.models.values import Destination
from weir.rules import cursor, defines
from weir.rules.bounds import (
    MAX_CLAUSES,
    MAX_DEPTH,
    MAX_INTEGER,
    MAX_LIST,
    MAX_PROBLEMS,
    MAX_ROUTES,
    MAX_TEXT,
)
from weir.rules.check.conditions import MAX_TERMS
from weir.rules.check.document import check
from weir.rules.clauses.table import SYNTAXES
from weir.rules.json_form import from_json, to_json
from weir.rules.lexer import Token, tokens_of
from weir.rules.parser import parse
from weir.rules.printer import print_document
from weir.rules.problems import Problems
from weir.rules.resolve import environment, routes

MEGABYTE = 1_000_000
LONG = 200_000
"""Characters of a text whose every character is a token: long enough to show work that grows with its square."""


@pytest.fixture
def tokens_read(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many tokens were made."""
    made = count()

    def counted(text: str, problems: Problems, start: int, end: int | None) -> Iterator[Token]:
        return (token for token, _ in zip(tokens_of(text, problems, start, end), made, strict=False))

    monkeypatch.setattr(cursor, "tokens_of", counted)
    return lambda: next(made)


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(Refused) as refused:
        parse(text)
    return refused.value.problems


def codes(problems: tuple[Problem, ...]) -> set[str]:
    return {problem.code for problem in problems}


def understood_or_refused(text: str) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        parsed = parse(text)
    except Refused as refused:
        problems = refused.problems
        assert problems
    else:
        assert parse(print_document(parsed.document)).document == parsed.document
        check(*parsed)
    assert len(problems) <= MAX_PROBLEMS + 1
    assert all(problem.text() for problem in problems)
    places = [(problem.line, problem.column) for problem in problems if problem.line]
    assert places == sorted(set(places))


@moderate
@given(st.text())
def test_any_text_is_understood_or_refused(text: str) -> None:
    understood_or_refused(text)


SOUP = (
    *KEYWORDS,
    *{syntax.word for syntax in SYNTAXES},
    *("{", "}", "(", ")", "[", "]", ",", ";", "=", ":", "->", "==", "!=", '"', "#", "\n", "\\"),
    *('"a"', '"/a"', "/a", "http://a", "5", "5%", "5s", "1KiB", "x", "request header", "'"),
)


@moderate
@given(st.lists(st.sampled_from(SOUP), max_size=40).map(" ".join))
def test_any_soup_of_tokens_is_understood_or_refused(text: str) -> None:
    understood_or_refused(text)


@moderate
@given(st.lists(st.sampled_from(SOUP), max_size=30).map(" ".join))
def test_any_soup_inside_of_a_rule_is_understood_or_refused(text: str) -> None:
    understood_or_refused(f"rule a {{ {text} }}\nrule b {{ when {text} }}\nupstream c {{ {text} }}")


@moderate
@given(documents, st.data())
def test_any_piece_of_a_good_text_is_understood_or_refused(document: Document, data: st.DataObject) -> None:
    text = print_document(document)
    start = data.draw(st.integers(0, len(text)))
    understood_or_refused(text[: data.draw(st.integers(0, start))] + text[start:])


@moderate
@given(documents)
def test_the_check_of_any_document_ends_with_problems_that_have_their_places(document: Document) -> None:
    parsed = parse(print_document(document))
    from_text, from_models = check(*parsed), check(document)
    assert {(p.code, p.path) for p in from_text} == {(p.code, p.path) for p in from_models}
    assert all(problem.line and problem.column for problem in from_text)
    assert not any(problem.line or problem.column for problem in from_models)


@pytest.mark.parametrize(
    ("piece", "begin"),
    [
        ("(", ""),
        ("[", ""),
        ("{", ""),
        ("}", ""),
        ('"', ""),
        ('"\n', ""),
        ("'", ""),
        ("a;", ""),
        ("rule a{", ""),
        ("(", "rule a { when "),
        ("not ", "rule a { when "),
        ("any and ", "rule a { when "),
        ("[", "rule a { when host in "),
        ('"a",', "rule a { when host in ["),
        ("x,", "rule a { proxy "),
        ("\n", "rule a { when any"),
        ("\n", "rule a { when host in [5"),
        ("#\n", ""),
        ("1", "rule a { priority "),
        ("\\q", 'rule a { respond 200 "'),
        ("\\q", 'rule a { respond 200 "\\'),
        ("é", ""),
    ],
)
def test_a_long_text_of_anything_is_read_once(piece: str, begin: str, tokens_read: Callable[[], int]) -> None:
    text = begin + piece * (LONG // len(piece))
    problems: tuple[Problem, ...] = ()
    try:
        parse(text)
    except Refused as refused:
        problems = refused.problems
    assert tokens_read() <= len(text) + 1
    assert len(problems) <= MAX_PROBLEMS + 1
    assert sum(len(problem.text()) for problem in problems) < 50_000


def test_a_text_that_is_given_up_is_not_read_to_its_end(tokens_read: Callable[[], int]) -> None:
    assert problems_of("a;" * 500_000)[-1].code == "too-many"
    assert tokens_read() <= 3 * MAX_PROBLEMS


def test_as_many_problems_as_the_bound_are_reported_and_one_more_gives_the_text_up() -> None:
    assert len(problems_of("a;" * MAX_PROBLEMS)) == MAX_PROBLEMS
    more = problems_of("a;" * 100_000)
    assert len(more) == MAX_PROBLEMS + 1
    assert more[-1].code == "too-many"


def test_problems_of_the_check_are_bounded_and_the_rest_is_counted() -> None:
    problems = check(*parse("rule a { proxy b }\n" * 100))
    assert len([p for p in problems if p.severity == "error"]) == MAX_PROBLEMS + 1
    assert problems[-1].text() == "149 more errors are not shown"


def test_only_reported_problems_look_for_suggestions(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("weir.rules.check.references.closest", lambda word, words: asked.append(word) or "")
    check(*parse("".join(f"rule r{number} {{ proxy u{number} }}\n" for number in range(1_000))))
    assert len(asked) == MAX_PROBLEMS


@pytest.mark.parametrize(("opening", "closing"), [("(", ")"), ("not ", ""), ("not(", ")")])
def test_a_condition_may_nest_as_deeply_as_the_bound_and_not_one_more(opening: str, closing: str) -> None:
    def nested(depth: int) -> str:
        return f"rule a {{ when {opening * depth}any{closing * depth}; proxy http://a }}"

    levels = MAX_DEPTH // (2 if opening == "not(" else 1)
    assert check(*parse(nested(levels))) == ()
    assert problems_of(nested(levels + 1))[0].expected == f"at most {MAX_DEPTH} levels"


def deep(depth: int) -> Document:
    condition = Not(AnyRequest())
    for _ in range(depth - 1):
        condition = Not(condition)
    return Document(definitions=(Rule(name="a", clauses=(When(condition=condition), Respond(status=200))),))


def test_deep_json_is_held_to_the_same_bound_as_text() -> None:
    document = from_json(to_json(deep(MAX_DEPTH)))
    assert check(document) == ()
    assert parse(print_document(document)).document == document
    with pytest.raises(Refused) as refused:
        from_json(to_json(deep(MAX_DEPTH + 1)))
    problem = refused.value.problems[0]
    assert (problem.code, problem.path) == ("too-deep", "definitions[0]")


@pytest.mark.parametrize("depth", [100, 400, 1_000, 100_000])
def test_very_deep_json_is_refused(depth: int) -> None:
    condition = b'{"kind":"not","term":' * depth + b'{"kind":"any"}' + b"}" * depth
    with pytest.raises(Refused):
        from_json(b'{"definitions":[{"kind":"define","name":"a","condition":' + condition + b"}]}")
    with pytest.raises(Refused):
        from_json(b"[" * depth)


def test_the_check_says_so_too_where_models_are_too_deep() -> None:
    assert codes(check(deep(MAX_DEPTH + 1))) == {"too-deep"}


def test_json_larger_than_the_bound_is_refused_unread() -> None:
    assert from_json(b"{}".ljust(MAX_TEXT)) == Document()
    with pytest.raises(Refused, match="at most"):
        from_json(b"{}".ljust(MAX_TEXT + 1))


def test_a_list_may_have_as_many_members_as_the_bound_and_not_one_more() -> None:
    def listed(count: int) -> str:
        members = ", ".join(f'"h{number}"' for number in range(count))
        return f"rule a {{ when host in [{members}]; proxy http://a }}"

    assert check(*parse(listed(MAX_LIST))) == ()
    assert problems_of(listed(MAX_LIST + 1))[0].expected == f"at most {MAX_LIST} members"


def test_destinations_are_held_to_the_bound_of_lists() -> None:
    destinations = [f"u{number}" for number in range(MAX_LIST + 1)]
    assert len(problems_of(f"rule a {{ proxy {','.join(destinations)} }}")) == 1
    assert parse(f"rule a {{ proxy {','.join(destinations[1:])} }}")
    rule = Rule(name="a", clauses=(Tag(tags=tuple(destinations)), Respond(status=200)))
    assert codes(check(Document(definitions=(rule,)))) == {"too-large"}


@pytest.mark.parametrize(
    "number", ["9" * 400, "١٢", "1" * 17, str(MAX_INTEGER + 1), "1_0", "0x10", "1e5", "5.0"]
)
def test_what_is_not_a_plain_number_in_range_is_refused(number: str) -> None:
    assert len(problems_of(f"upstream a {{ budget 1% max {number} per 1s }}")) == 1


def test_the_largest_number_is_the_bound() -> None:
    parse(f"upstream a {{ budget 1% max {MAX_INTEGER} per 1s }}")


def test_a_define_may_be_of_defines_as_deeply_as_the_bound_and_not_one_more() -> None:
    def chain(count: int) -> str:
        links = "".join(f"define d{number} = d{number + 1}\n" for number in range(count - 1))
        return f"{links}define d{count - 1} = any\nrule a {{ when d0; proxy http://a }}"

    assert check(*parse(chain(MAX_DEPTH))) == ()
    problems = check(*parse(chain(MAX_DEPTH + 1)))
    assert [(problem.code, problem.line, problem.column) for problem in problems] == [("too-deep", 1, 1)]
    assert "too-deep" in codes(check(*parse(chain(10_000))))


def test_a_cycle_is_reported_where_it_is_and_not_where_it_is_used() -> None:
    text = "define a = b\ndefine b = c and any\ndefine c = not b\ndefine d = d\nrule r { when a or d; proxy http://a }"
    problems = [(p.code, p.line) for p in check(*parse(text))]
    assert problems == [("cycle", 2), ("cycle", 3), ("cycle", 4)]


def test_a_cycle_of_thousands_is_reported() -> None:
    ring = "".join(f"define d{number} = d{(number + 1) % 10_000}\n" for number in range(10_000))
    assert codes(check(*parse(ring + "rule r { when d0; proxy http://a }"))) == {"cycle", "too-many"}


def laughs(levels: int, width: int = 10) -> str:
    lines = [f"define d0 = {' and '.join(['any'] * width)}\n"]
    lines += [f"define d{level} = {' and '.join([f'd{level - 1}'] * width)}\n" for level in range(1, levels)]
    return "".join(lines) + f"rule r {{ when d{levels - 1}; respond 200 }}\n"


def test_defines_may_stand_for_as_much_as_the_bound_and_for_no_more() -> None:
    assert check(*parse(laughs(3))) == ()
    problems = check(*parse(laughs(MAX_DEPTH)))
    assert [p.line for p in problems if p.code == "too-large"] == list(range(4, MAX_DEPTH + 1))


def test_conditions_that_join_nothing_do_not_hide_a_billion_laughs() -> None:
    text = laughs(MAX_DEPTH)
    document = from_json(
        to_json(parse(text).document).replace(b'{"kind":"any"}', b'{"kind":"and","terms":[]}')
    )
    assert {"too-large", "bad-condition"} <= codes(check(document))


def test_the_size_of_a_condition_is_bounded_exactly() -> None:
    def joined(count: int) -> str:
        return f"rule r {{ when {' or '.join(['any'] * count)}; respond 200 }}"

    assert check(*parse(joined(MAX_TERMS - 1))) == ()
    assert codes(check(*parse(joined(MAX_TERMS)))) == {"too-large"}


def test_a_define_is_substituted_once_however_many_rules_use_it(monkeypatch: pytest.MonkeyPatch) -> None:
    visits: list[None] = []
    plain = defines.substitute

    def counted(*arguments: object) -> object:
        visits.append(None)
        return plain(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(defines, "substitute", counted)
    text = laughs(3) + "".join(f"rule r{number} {{ when d2; respond 200 }}\n" for number in range(500))
    definitions = parse(text).document.definitions
    found = routes(definitions, environment(definitions))
    assert len(visits) < 100
    assert all(route.condition is found[0].condition for route in found)


def test_a_block_may_have_as_many_clauses_as_the_bound_and_not_one_more() -> None:
    def rule(count: int) -> str:
        return f"rule a {{ respond 200{'; limit 5 per 1s' * (count - 1)} }}"

    assert codes(check(*parse(rule(MAX_CLAUSES)))) == set()
    assert codes(check(*parse(rule(MAX_CLAUSES + 1)))) == {"too-large"}


def test_the_rules_of_a_group_do_not_count_as_its_clauses() -> None:
    rules = "".join(f"rule r{number} {{ respond 200 }}\n" for number in range(MAX_CLAUSES + 1))
    assert check(*parse(f"group a {{ {rules} }}")) == ()


def test_lines_times_rules_are_bounded_exactly() -> None:
    def group(rules: int) -> Document:
        lines = tuple(PathLine(prefix=f"/{n}", to=(Destination("http://a"),)) for n in range(1_000))
        members = (ProxyByPath(lines=lines), *(Rule(name=f"r{number}") for number in range(rules)))
        return Document(definitions=(Group(name="a", members=members),))

    assert check(group(MAX_ROUTES // 1_000 - 1)) == ()
    problem = check(group(MAX_ROUTES // 1_000))[0]
    assert (problem.code, problem.path) == ("too-large", "definitions")


def test_a_line_counts_where_a_rule_has_an_action_of_its_own_too() -> None:
    own = tuple(Rule(name=f"r{number}", clauses=(Respond(status=200),)) for number in range(3))
    assert check(Document(definitions=(Group(name="a", members=own),))) == ()


def test_problems_about_long_texts_are_short() -> None:
    name = "a" * MEGABYTE
    documents_of = [
        Document(definitions=(Rule(name=name, clauses=(Proxy(to=(Destination(name),)),)),)),
        Document(definitions=(Define(name=name, condition=AnyRequest()),)),
        Document(definitions=(Rule(name="a", clauses=(Log(on=True), Tag(tags=(name,)))),)),
    ]
    for document in documents_of:
        problems = check(document)
        assert problems
        assert all(len(problem.text()) < 1_000 for problem in problems)


def test_a_node_of_a_document_can_be_sent_on_and_read_again() -> None:
    """What bounds a text holds for chunks too: they are the same models."""
    document = deep(MAX_DEPTH)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(document), type=Document) == document
