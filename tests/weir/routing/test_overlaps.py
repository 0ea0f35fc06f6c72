from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.routing import (
    ANY,
    both,
    either,
    header,
    host,
    like,
    method,
    name_of,
    path,
    requests,
    route_sets,
    rule,
    rule_set,
    under,
)
from weir.models.condition import Compare, Not
from weir.models.effective import Route
from weir.models.rule_clauses import Require
from weir.models.values import Requirement
from weir.routing.facts import RequestFacts
from weir.routing.overlaps import find_overlaps
from weir.routing.table import RouteSet, Table

KEY = Require(any_of=(Requirement("key"),))
NONE = Require()


def found(*routes: Route) -> list[tuple[str, str, str]]:
    result = find_overlaps([rule_set(*routes)])
    assert result.complete
    return [(finding.kind, finding.route, finding.other) for finding in result.findings]


def test_rules_that_do_not_meet_are_fine() -> None:
    assert (
        found(
            rule("a", both(host("a.com"), under("/a"))),
            rule("b", both(host("a.com"), under("/a/b"))),
            rule("c", both(host("b.com"), method("GET"))),
            rule("d", both(host("b.com"), method("POST"))),
            rule("rest", ANY),
        )
        == []
    )


def test_the_second_of_two_equal_conditions_never_matches() -> None:
    assert found(
        rule("a", both(host("a.com"), under("/a"))), rule("b", both(under("/a/"), host("A.com")))
    ) == [("never-matches", "b", "a")]


def test_a_rule_behind_a_broader_one_of_higher_priority_never_matches() -> None:
    assert found(
        rule("narrow", both(host("a.com"), path("/a/b"))), rule("wide", under("/a"), priority=1)
    ) == [("never-matches", "narrow", "wide")]


def test_a_negation_does_not_make_a_rule_come_first() -> None:
    assert found(rule("all", under("/a")), rule("but", both(under("/a"), Not(method("GET"))))) == [
        ("never-matches", "but", "all")
    ]


def test_a_rule_lives_as_long_as_one_of_its_alternatives_does() -> None:
    first = rule("first", under("/a"))
    assert found(first, rule("second", either(under("/a"), under("/b")))) == []
    assert found(first, rule("b", under("/b")), rule("last", either(under("/a"), under("/b")))) == [
        ("never-matches", "last", "b")
    ]


def test_a_list_of_hosts_is_only_covered_if_each_of_its_hosts_is() -> None:
    wide = rule("wide", both(host("a.com", "*.b.com"), header("x", "1")))
    narrow = rule("narrow", both(host("a.com", "x.b.com"), header("x", "1")))
    assert ("never-matches", "narrow", "wide") not in found(wide, narrow)
    assert found(wide, rule("narrow", both(host("a.com"), header("x", "1")))) == [
        ("never-matches", "narrow", "wide")
    ]


def test_comparisons_that_contradict_each_other_are_told() -> None:
    for condition in (
        both(host("a.com"), host("b.com")),
        both(path("/x"), under("/y")),
        both(method("GET"), method("POST")),
        both(header("x", "1"), header("x", "2")),
        both(under("/a"), Not(under("/a"))),
        both(host("*.a.com"), host("a.com")),
        Not(ANY),
    ):
        assert found(rule("r", condition)) == [("contradiction", "r", "")]


def test_a_contradiction_names_the_comparisons() -> None:
    reason = find_overlaps([rule_set(rule("r", both(path("/x"), under("/y"))))]).findings[0].reason
    assert reason == 'can never match: path == "/x" and path under "/y" cannot hold together'
    other = (
        find_overlaps([rule_set(rule("r", either(both(path("/x"), under("/y")), ANY)))]).findings[0].reason
    )
    assert other.startswith("has an alternative that can never match")


def test_rules_of_equal_rank_that_both_match_a_request_are_told_with_that_request() -> None:
    result = find_overlaps(
        [
            rule_set(
                rule("a", both(under("/a"), header("x", "1"))), rule("b", both(under("/a"), header("y", "2")))
            )
        ]
    )
    assert [(each.kind, each.route, each.other) for each in result.findings] == [("tie", "b", "a")]
    assert "GET sample.invalid/a" in result.findings[0].reason


def test_rules_of_equal_rank_that_cannot_both_match_are_fine() -> None:
    assert (
        found(rule("a", both(under("/a"), header("x", "1"))), rule("b", both(under("/a"), header("x", "2"))))
        == []
    )
    assert found(rule("a", like("/a/{x}")), rule("b", like("/b/{x}"))) == []


def test_a_tie_between_owners_is_decided_by_the_owner() -> None:
    one = rule_set(rule("a", both(under("/a"), header("x", "1"))), owner="file")
    other = rule_set(rule("b", both(under("/a"), header("y", "2"))), owner="api")
    assert find_overlaps([one, other]).findings == ()


def test_a_narrower_rule_that_says_nothing_escapes_what_the_broader_one_requires() -> None:
    broad = rule("api", under("/api"), require=KEY)
    assert found(broad, rule("export", under("/api/export"))) == [("escapes-require", "export", "api")]
    assert found(broad, rule("export", under("/api/export"), require=NONE)) == []
    assert found(broad, rule("export", under("/api/export"), require=KEY)) == []
    assert found(rule("api", under("/api"), require=NONE), rule("export", under("/api/export"))) == []


def test_only_the_rule_that_would_answer_instead_is_asked_what_it_requires() -> None:
    assert (
        found(
            rule("all", under("/"), require=KEY),
            rule("open", under("/open"), require=NONE),
            rule("page", path("/open/page")),
        )
        == []
    )


def test_no_more_than_the_limit_is_told() -> None:
    routes = [rule(f"r{number}", host("a.com")) for number in range(20)]
    cut = find_overlaps([rule_set(*routes)], limit=19)
    assert (len(cut.findings), cut.complete) == (19, True)
    cut = find_overlaps([rule_set(*routes)], limit=18)
    assert (len(cut.findings), cut.complete) == (18, False)


def test_the_work_is_bounded_where_every_rule_meets_every_other() -> None:
    routes = [rule(f"r{number}", header("x", str(number))) for number in range(300)]
    assert find_overlaps([rule_set(*routes)]).complete
    assert not find_overlaps([rule_set(*routes)], work=1_000).complete


def test_a_regular_expression_is_never_compared_with_another() -> None:
    one, other = (Compare("path", "matches", text) for text in ("/a/[0-9]+", "/a/[a-z]+"))
    assert found(rule("a", one), rule("b", other)) == []


@settings(max_examples=100, deadline=None)
@given(route_sets(), st.lists(requests(), min_size=1, max_size=10))
def test_a_rule_that_is_said_never_to_match_never_does(
    sets: list[RouteSet], asked: list[RequestFacts]
) -> None:
    result = find_overlaps(sets)
    never = {
        each.route
        for each in result.findings
        if each.kind != "tie" and each.reason.startswith("can never match")
    }
    table = Table.build(sets)
    assert not never & {name_of(table, facts) for facts in asked}
