from __future__ import annotations

import msgspec
from hypothesis import given, settings

from tests.support.routing import (
    ANY,
    both,
    either,
    header,
    host,
    like,
    method,
    path,
    requests,
    route_sets,
    rule,
    rule_set,
    table_of,
    under,
)
from weir.models.explanation import Failure
from weir.models.rule_clauses import Compress, Cors, Mirror
from weir.routing.explain import explain, explain_text
from weir.routing.facts import RequestFacts
from weir.routing.table import RouteSet, Table

SHOP = Table.build(
    [
        rule_set(
            rule("rest", ANY),
            rule("shop", host("shop.com")),
            rule("admin", both(host("shop.com"), under("/admin"), header("X-Key", "1"))),
            rule("other", both(host("other.com"), path("/admin/x"))),
            rule("post", both(host("shop.com"), like("/admin/{page}"), method("POST"))),
            owner="file",
        )
    ]
)


def test_every_candidate_is_told_in_rank_order_with_the_first_comparison_that_failed() -> None:
    explained = explain(SHOP, RequestFacts("shop.com", "/admin/x", headers=[("x-key", "2")]))
    assert [(each.rule, each.matches, each.failure) for each in explained.candidates] == [
        ("post", False, Failure('method == "POST"', "GET")),
        ("admin", False, Failure('header("x-key") == "1"', "2")),
        ("shop", True, None),
        ("rest", True, None),
    ]
    assert explained.winner == 2
    assert explained.runner_up == 3
    assert explained.decided_by == "host"


def test_with_all_the_rules_that_the_index_ruled_out_are_told_too() -> None:
    explained = explain(SHOP, RequestFacts("shop.com", "/admin/x"), all=True)
    other = next(each for each in explained.candidates if each.rule == "other")
    assert not other.indexed
    assert other.failure == Failure('host == "other.com"', "shop.com")
    assert len(explained.candidates) == 5


def test_an_absent_value_is_none() -> None:
    explained = explain(SHOP, RequestFacts("shop.com", "/admin"))
    assert explained.candidates[0].failure == Failure('header("x-key") == "1"', None)


def test_two_alternatives_of_one_rule_are_no_runners_up_of_each_other() -> None:
    explained = explain(table_of(either(path("/a"), under("/")), ANY), RequestFacts("x", "/a"))
    assert [each.rule for each in explained.candidates] == ["r0", "r0", "r1"]
    assert (explained.winner, explained.runner_up) == (0, 2)


def test_no_more_than_the_limit_is_told_but_the_winner_always() -> None:
    table = table_of(*(header("x", str(number)) for number in range(50)), ANY)
    explained = explain(table, RequestFacts("x", "/"), limit=10)
    assert len(explained.candidates) == 11
    assert explained.left_out == 40
    assert explained.winner == 10
    assert explained.candidates[10].rule == "r50"


def test_the_text_says_it_for_a_person() -> None:
    text = explain_text(explain(SHOP, RequestFacts("shop.com", "/admin/x", "POST", headers=[("x-key", "2")])))
    assert text == "\n".join(
        [
            "POST shop.com/admin/x",
            "",
            '=> post   matches: host == "shop.com" and path like "/admin/{page}" and method == "POST"',
            '   admin  failed: header("x-key") == "1" (it is "2")',
            '   shop   matches: host == "shop.com"',
            "   rest   matches: any",
            "",
            "Rule post answers.",
            "  {page} = x",
            "shop matches too, but post has a path pattern, which ranks before any path.",
        ]
    )


def test_no_match_is_said_plainly() -> None:
    table = table_of(both(under("/a"), header("x", "1")))
    text = explain_text(explain(table, RequestFacts("h", "/a")))
    assert 'failed: header("x") == "1" (it is absent)' in text
    assert "No rule matches: the answer is 404." in text


def test_a_line_of_proxy_by_path_is_named_with_its_prefix() -> None:
    table = Table.build([rule_set(rule("api", under("/a"), path_line="/a"))])
    assert "=> api /a  matches" in explain_text(explain(table, RequestFacts("h", "/a")))


@settings(max_examples=100, deadline=None)
@given(route_sets(), requests())
def test_what_is_explained_is_what_happens(sets: list[RouteSet], facts: RequestFacts) -> None:
    table = Table.build(sets)
    found = table.match(facts)
    for every in (False, True):
        explained = explain(table, facts, all=every)
        if found is None:
            assert explained.winner is None
            assert not any(each.matches and each.indexed for each in explained.candidates)
        else:
            assert explained.winner is not None
            assert explained.candidates[explained.winner].rule == found.route.name
            assert explained.captures == found.captures


def test_a_list_of_hosts_ranks_by_the_member_that_this_request_meets() -> None:
    table = table_of(both(host("a.com", "*.b.com"), under("/")), both(host("*.b.com"), path("/x")))
    explained = explain(table, RequestFacts("x.b.com", "/x"), all=True)
    assert [each.rule for each in explained.candidates] == ["r1", "r0"]
    assert explained.winner == 0


def test_what_cors_decides_is_told() -> None:
    named = msgspec.structs.replace(rule("api", ANY), cors=Cors(origins=("https://a.test",)))
    table = Table.build([rule_set(named)])
    headers = [("Origin", "https://a.test"), ("Access-Control-Request-Method", "PUT")]
    preflight = explain(table, RequestFacts("h", "/", "OPTIONS", headers=headers))
    assert "  cors: scripts of https://a.test may read the answer\n" in explain_text(preflight)
    assert "does not reach the upstream" in explain_text(preflight)
    other = explain(table, RequestFacts("h", "/", headers=[("Origin", "https://b.test")]))
    assert other.decisions == ("cors: scripts of https://b.test may not read the answer",)
    assert explain(table, RequestFacts("h", "/")).decisions == ()


def test_what_is_mirrored_is_told() -> None:
    copied = msgspec.structs.replace(rule("api", ANY), mirror=Mirror(percent=0.5, to="next"))
    explained = explain(Table.build([rule_set(copied)]), RequestFacts("h", "/"))
    assert explained.decisions == ("mirror: of these requests, 0.5% go to next too",)


def test_what_may_be_compressed_is_told() -> None:
    squeezed = msgspec.structs.replace(rule("api", ANY), compress=Compress(encodings=("br", "gzip")))
    table = Table.build([rule_set(squeezed)])
    told = "compress: text-like answers may go out as br, gzip; this request accepts "
    asked = explain(table, RequestFacts("h", "/", headers=[("Accept-Encoding", "gzip")]))
    assert asked.decisions == (told + "gzip",)
    assert explain(table, RequestFacts("h", "/")).decisions == (told + "no coding",)
    off = msgspec.structs.replace(rule("api", ANY), compress=Compress(encodings=()))
    assert explain(Table.build([rule_set(off)]), RequestFacts("h", "/")).decisions == ()
