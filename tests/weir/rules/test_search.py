"""Finding definitions by what they say."""

from __future__ import annotations

import pytest

from weir.rules.edits import Kind
from weir.rules.parser import parse
from weir.rules.search import Search, Wanted, listed

DOCUMENT = parse(
    """
    defaults { timeout try 3s }
    define shops = host in ["shop.example.com", "**.shop.example.com"]
    define nested = shops or host starts_with "beta."
    upstream u { target http://127.0.0.1:1 }
    rule exact { when host == "A.example.com"; proxy u; mirror 1% m }
    rule wild { when host == "*.example.com" and path == "/"; proxy by path { "/x" -> x } }
    rule defined { when nested; tag t; respond 200 }
    rule never { when not host == "a.example.com"; respond 200 }
    rule ends { when host ends_with ".org" or host contains "middle"; respond 200 }
    rule any { respond 200 }
    group g {
        when host == "g.example.com"
        tag inherited
        proxy u
        rule own { tag t; when path == "/"; proxy y }
        rule given { when path == "/g" }
    }
    """
).document


def found(kind: Kind = "rule", **wanted: str) -> list[str]:
    search = Search(DOCUMENT, Wanted(**wanted))
    return [each.name for each in listed(DOCUMENT, kind) if search.fits(each)]


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("a.example.com", ["exact", "wild"]),
        ("b.example.com", ["wild"]),
        ("b.c.example.com", []),
        ("g.example.com", ["wild", "g/own", "g/given"]),
        ("1.2.shop.example.com", ["defined"]),
        ("beta.x", ["defined"]),
        ("x.org", ["ends"]),
        ("a-middle-b", ["ends"]),
    ],
)
def test_a_host_is_named_by_equality_lists_wildcards_parts_and_defines_but_not_by_not(
    host: str, names: list[str]
) -> None:
    assert found(host=host) == names


@pytest.mark.parametrize(
    ("upstream", "names"), [("u", ["exact", "g/given"]), ("m", ["exact"]), ("x", ["wild"]), ("y", ["g/own"])]
)
def test_destinations_are_those_of_every_action_and_of_mirrors(upstream: str, names: list[str]) -> None:
    assert found(upstream=upstream) == names


def test_a_rule_has_the_tags_of_its_group_unless_it_has_its_own() -> None:
    assert found(tag="inherited") == ["g/given"]
    assert found(tag="t") == ["defined", "g/own"]
    assert found("group", tag="t") == ["g"]


def test_text_is_looked_for_in_names_and_values_in_any_case() -> None:
    assert found(q="EXACT") == ["exact"]
    assert found(q="a.EXAMPLE") == ["exact", "never"]
    assert found("upstream", q="127.0.0.1:1") == ["u"]
    assert found("define", q="beta.") == ["nested"]


def test_all_that_is_wanted_must_fit_and_nothing_wanted_is_everything() -> None:
    assert found(tag="t", host="g.example.com") == ["g/own"]
    assert len(found()) == 8
    assert found("upstream", tag="t") == []
