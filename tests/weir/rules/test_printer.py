"""Text ⇄ models ⇄ JSON without loss, and the one canonical form."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.support.documents import definitions, documents, moderate
from weir.models.document import Definition, Document
from weir.rules.json_form import from_json, to_json
from weir.rules.parser import parse
from weir.rules.printer import WIDTH, print_definition, print_document


@moderate
@given(documents)
def test_every_document_reads_back_as_itself(document: Document) -> None:
    assert parse(print_document(document)).document == document


@moderate
@given(documents)
def test_formatting_twice_is_formatting_once(document: Document) -> None:
    once = print_document(document)
    assert print_document(parse(once).document) == once


@moderate
@given(documents)
def test_text_and_json_say_the_same(document: Document) -> None:
    text = print_document(document)
    assert print_document(from_json(to_json(parse(text).document))) == text


@moderate
@given(documents)
def test_line_ends_of_other_systems_make_no_difference(document: Document) -> None:
    text = print_document(document).replace("\n", "\r\n")
    assert parse(text).document == document


@moderate
@given(definitions)
def test_one_definition_prints_as_it_does_in_its_document(definition: Definition) -> None:
    alone = print_definition(definition)
    assert not alone.endswith("\n")
    assert print_document(Document(definitions=(definition,))) == f"language 1\n\n{alone}\n"


def canonical(text: str) -> str:
    return print_document(parse(text).document).removeprefix("language 1\n\n").rstrip("\n")


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("rule a{proxy x}", "rule a { proxy x }"),
        ("rule a {\n}", "rule a {}"),
        ("rule a { ;; proxy x ; ; }", "rule a { proxy x }"),
        ("rule a { proxy x } # why", "rule a { proxy x }  # why"),
        ("rule a { # why\nproxy x }", "rule a { proxy x }  # why"),
        ("rule a { # one\nproxy x\n} # two", "# two\nrule a { proxy x }  # one"),
        ("rule a {\nproxy x # why\n}", "rule a {\n    proxy x  # why\n}"),
        ("rule a {\n# why\nproxy x\n}", "rule a {\n    # why\n    proxy x\n}"),
        ("rule a {\nproxy x\n# end\n}", "rule a {\n    proxy x\n    # end\n}"),
        ("#one\n\n#  two\nrule a {}", "# one\n#  two\nrule a {}"),
        ("#\nrule a {}", "#\nrule a {}"),
        (
            "rule a { when any # left\n and any # right\n }",
            "rule a {\n    # left\n    when any and any  # right\n}",
        ),
        (
            'define a = host in [ # few\n "a", # first\n "b",\n]',
            '# few\n# first\ndefine a = host in ["a", "b"]',
        ),
        ("rule a { when ((any)) }", "rule a { when any }"),
        ("rule a { when not (any and (any or any)) }", "rule a { when not (any and (any or any)) }"),
        ("rule a { when any and (any and any) }", "rule a { when any and (any and any) }"),
        ("rule a { when (any and any) or any }", "rule a { when any and any or any }"),
        ('rule "a" { proxy "b" }', "rule a { proxy b }"),
        ('rule "a b" { proxy "by" }', 'rule "a b" { proxy "by" }'),
        ("rule a { proxy x 1, y 1 }", "rule a { proxy x, y }"),
        ("rule a { proxy x, y 2 }", "rule a { proxy x 1, y 2 }"),
        ("rule a { mirror b }", "rule a { mirror 100% b }"),
        ('rule a { redirect "/x" }', 'rule a { redirect 302 "/x" }'),
        ('rule a { respond 200 "" }', "rule a { respond 200 }"),
        ("rule a { timeout total 60s, try 1500ms }", "rule a { timeout try 1500ms, total 1m }"),
        ("rule a { max body 1024KiB }", "rule a { max body 1MiB }"),
        ('rule a { allow ip ["1.2.3.4"] }', 'rule a { allow ip "1.2.3.4" }'),
        ("rule a { strip prefix /api }", 'rule a { strip prefix "/api" }'),
        ('upstream a { check "GET" "/h" every 5000ms }', "upstream a { check GET /h every 5s }"),
        ('upstream a { target "foo" }', 'upstream a { target "foo" }'),
        ("defaults { log on }", "defaults {\n    log on\n}"),
        ("group a { proxy x }", "group a {\n    proxy x\n}"),
    ],
)
def test_there_is_one_way_to_print_it(written: str, printed: str) -> None:
    assert canonical(written) == printed
    assert canonical(printed) == printed


def test_one_liners_stand_together_and_blocks_apart() -> None:
    text = "rule a {}\n\nrule b {}\nupstream c {\n# x\n}\nrule d {}"
    assert canonical(text) == "rule a {}\nrule b {}\n\nupstream c {\n    # x\n}\n\nrule d {}"


def test_a_block_as_wide_as_the_bound_stays_on_one_line_and_a_wider_one_does_not() -> None:
    def rule(width: int) -> str:
        return "rule a { proxy " + "x" * (width - len("rule a { proxy  }")) + " }"

    assert canonical(rule(WIDTH)) == rule(WIDTH)
    assert canonical(rule(WIDTH + 1)).count("\n") == 2


def test_comments_of_the_document_stand_above_the_language_and_at_the_end() -> None:
    text = "# top\nlanguage 1 # beside\n\n# of a\nrule a {}\n# end"
    document = parse(text).document
    assert document.comments == ("top", "beside")
    assert document.definitions[0].comments == ("of a",)
    assert document.comments_end == ("end",)
    assert print_document(document) == "# top\n# beside\nlanguage 1\n\n# of a\nrule a {}\n\n# end\n"


def test_without_a_language_line_the_first_comments_belong_to_the_first_definition() -> None:
    document = parse("\n# of a\n\nrule a {}").document
    assert document.comments == ()
    assert document.definitions[0].comments == ("of a",)
