from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.routing import (
    ANY,
    both,
    conditions,
    either,
    header,
    holds,
    host,
    like,
    matches,
    method,
    name_of,
    path,
    reference_match,
    requests,
    route_sets,
    rule,
    rule_set,
    table_of,
    under,
)
from weir.models.condition import Compare, Condition
from weir.routing.alternatives import BadCondition
from weir.routing.entry import Match
from weir.routing.facts import RequestFacts
from weir.routing.table import RouteSet, Table


def test_an_empty_table_matches_nothing() -> None:
    assert Table().match(RequestFacts("a.com", "/")) is None
    assert Table.build([]).match(RequestFacts("a.com", "/")) is None


def test_any_takes_whatever_nothing_else_takes() -> None:
    table = table_of(ANY, host("a.com"))
    assert name_of(table, RequestFacts("b.com", "/")) == "r0"
    assert name_of(table, RequestFacts("a.com", "/")) == "r1"


def test_the_longest_of_nested_prefixes_wins() -> None:
    table = table_of(under("/"), under("/a"), under("/a/b"))
    expected = {"/": "r0", "/ab": "r0", "/a": "r1", "/a/": "r1", "/a/bc": "r1", "/a/b": "r2", "/a/b/c": "r2"}
    assert {each: name_of(table, RequestFacts("x", each)) for each in expected} == expected


def test_a_match_says_which_rule_what_was_captured_and_where_the_rule_stands() -> None:
    sets = [rule_set(rule("other", host("b.com")), rule("posts", like("/u/{id}/posts/{rest...}")), key="abc")]
    found = Table.build(sets).match(RequestFacts("a.com", "/u/7/posts/x/y"))
    assert found == Match(sets[0].routes[1], {"id": "7", "rest": "x/y"}, "abc", 1)


def test_named_groups_of_a_regular_expression_are_captured() -> None:
    found = table_of(matches("/v(?P<major>[0-9]+)(?P<minor>\\.[0-9]+)?/.*")).match(RequestFacts("a", "/v2/x"))
    assert found is not None
    assert found.captures == {"major": "2", "minor": ""}


def test_a_rule_of_many_hosts_answers_for_each_of_them() -> None:
    table = table_of(host(*(f"h{number}.com" for number in range(500)), "*.x.com"))
    assert name_of(table, RequestFacts("h499.com", "/")) == "r0"
    assert name_of(table, RequestFacts("a.x.com", "/")) == "r0"
    assert name_of(table, RequestFacts("h500.com", "/")) is None


def test_hosts_times_paths_of_one_rule_are_bounded() -> None:
    hosts = host(*(f"h{number}" for number in range(100)))
    paths = Compare("path", "in", tuple(f"/{number}" for number in range(100)))
    assert name_of(table_of(both(hosts, paths)), RequestFacts("h7", "/99")) == "r0"
    one_more = Compare("path", "in", (*paths.value, "/x"))  # type: ignore[misc]
    with pytest.raises(BadCondition, match="10000"):
        table_of(both(hosts, one_more))


def test_a_prefix_longer_than_the_request_does_not_confuse_the_index() -> None:
    table = table_of(under("/a/b/c/d"), like("/a/{x}"))
    assert name_of(table, RequestFacts("h", "/a/b")) == "r1"
    assert name_of(table, RequestFacts("h", "/a/b/c")) is None
    assert name_of(table, RequestFacts("h", "/a" + "/b" * 5_000)) is None


def test_patterns_found_at_different_depths_are_tried_in_rank_order() -> None:
    shallow_first = table_of(both(like("/{x}/{r...}"), method("GET")), like("/a/{x}"))
    assert name_of(shallow_first, RequestFacts("h", "/a/b")) == "r0"
    assert name_of(shallow_first, RequestFacts("h", "/a/b", "POST")) == "r1"
    deep_first = table_of(like("/{x}/{r...}"), both(like("/a/{x}"), method("GET")))
    assert name_of(deep_first, RequestFacts("h", "/a/b")) == "r1"
    expressions = table_of(matches("/a/.*"), both(matches("(/a/b)"), method("GET")))
    assert name_of(expressions, RequestFacts("h", "/a/b")) == "r1"


def test_priority_beats_everything_else() -> None:
    low = rule("low", both(host("a.com"), path("/x")))
    high = rule("high", ANY, priority=1)
    assert name_of(Table.build([rule_set(low, high)]), RequestFacts("a.com", "/x")) == "high"


def test_the_controllers_rules_have_no_priority() -> None:
    mine = rule_set(rule("mine", under("/x")), owner="api")
    theirs = rule_set(rule("theirs", under("/x"), priority=99), owner="k8s")
    assert name_of(Table.build([theirs, mine]), RequestFacts("a", "/x")) == "mine"


@settings(max_examples=150, deadline=None)
@given(route_sets(), st.lists(requests(), min_size=1, max_size=8))
def test_the_index_finds_what_a_walk_over_all_alternatives_finds(
    sets: list[RouteSet], asked: list[RequestFacts]
) -> None:
    table = Table.build(sets)
    for facts in asked:
        found = table.match(facts)
        assert (None if found is None else (found.route.name, dict(found.captures))) == reference_match(
            sets, facts
        )


@settings(max_examples=60, deadline=None)
@given(conditions(), requests())
def test_a_rule_matches_exactly_when_its_condition_holds(condition: Condition, facts: RequestFacts) -> None:
    assert (table_of(condition).match(facts) is not None) is holds(condition, facts)


@settings(max_examples=60, deadline=None)
@given(st.lists(route_sets(), min_size=2, max_size=4), st.lists(requests(), min_size=1, max_size=6))
def test_a_chain_of_changes_ends_in_the_table_that_a_fresh_build_gives(
    versions: list[list[RouteSet]], asked: list[RequestFacts]
) -> None:
    table = Table()
    for sets in versions:
        before = [answer(table, facts) for facts in asked]
        following = Table.build(sets, table)
        assert [answer(table, facts) for facts in asked] == before
        table = following
    fresh = Table.build(versions[-1])
    assert shape(table) == shape(fresh)
    assert [answer(table, facts) for facts in asked] == [answer(fresh, facts) for facts in asked]


@settings(max_examples=80, deadline=None)
@given(route_sets(), st.data(), st.lists(requests(), min_size=1, max_size=6))
def test_moved_removed_and_edited_chunks_end_in_the_table_of_a_fresh_build(
    sets: list[RouteSet], data: st.DataObject, asked: list[RequestFacts]
) -> None:
    changed = list(data.draw(st.permutations(sets)))[: data.draw(st.integers(0, len(sets)))]
    if changed and changed[0].routes:
        first = changed[0]
        edited = data.draw(st.permutations(first.routes))
        changed[0] = first._replace(routes=tuple(edited), key=first.key + "edited")
    incremental, fresh = Table.build(changed, Table.build(sets)), Table.build(changed)
    assert shape(incremental) == shape(fresh)
    assert [answer(incremental, facts) for facts in asked] == [answer(fresh, facts) for facts in asked]


def answer(table: Table, facts: RequestFacts) -> tuple[str, int, str, dict[str, str]] | None:
    found = table.match(facts)
    return None if found is None else (found.key, found.ordinal, found.route.name, dict(found.captures))


def shape(table: Table) -> object:
    """Everything in the index but the numbers of chunks, which only say before and after."""
    return [
        {name: index_shape(index) for name, index in group.items()} for group in table.hosts.groups()
    ], table.priorities


def index_shape(index: object) -> object:
    def names(entries: tuple[object, ...]) -> list[object]:
        return [(e.key, e.ordinal, e.rank.alternative, e.route.name) for e in entries]  # type: ignore[attr-defined]

    def node(each: object) -> object:
        if each is None:
            return None
        children = {key: node(child) for key, child in (each.children or {}).items()}  # type: ignore[attr-defined]
        return children, *(names(getattr(each, slot)) for slot in ("ending", "rest", "under", "regex"))

    assert hasattr(index, "exact")
    return (
        {key: names(entries) for key, entries in index.exact.items()},
        node(index.root),  # type: ignore[attr-defined]
        {k: {p: names(e) for p, e in group.items()} for k, group in index.starts.items()},  # type: ignore[attr-defined]
        index.lengths,  # type: ignore[attr-defined]
        names(index.unplaced),  # type: ignore[attr-defined]
    )


def chunks(count: int, size: int = 64, *, edited: int | None = None) -> list[RouteSet]:
    """Rules spread over hosts and over the paths of one host."""
    sets = []
    for chunk in range(count):
        mark = "*" if chunk == edited else ""
        routes = [
            rule(
                f"r{chunk}-{number}{mark}",
                both(host(f"h{chunk}.com", "all.com"), under(f"/{chunk}/{number}")),
            )
            for number in range(size)
        ]
        sets.append(rule_set(*routes, key=f"{chunk}{mark}"))
    return sets


def test_an_unchanged_chunk_is_taken_over_as_it_is() -> None:
    first = Table.build(chunks(10))
    second = Table.build(chunks(10, edited=3), first)
    shared = [first.sets[key] is second.sets.get(key) for key in first.sets]
    assert shared == [chunk != 3 for chunk in range(10)]
    assert second.hosts.exact["h4.com"] is first.hosts.exact["h4.com"]
    assert second.hosts.exact["h3.com"] is not first.hosts.exact["h3.com"]


def test_the_work_of_one_changed_chunk_does_not_grow_with_the_number_of_rules() -> None:
    def steps(count: int) -> int:
        previous = Table.build(chunks(count))
        return sum(1 for _ in Table.build_steps(chunks(count, edited=1), previous))

    assert steps(4) == steps(40)


def test_a_rule_whose_condition_stays_keeps_its_compiled_tests_when_its_chunk_changes() -> None:
    condition = both(host("a.com"), header("x", "1"))
    first = Table.build([rule_set(rule("r", condition), key="1")])
    assert name_of(first, RequestFacts("a.com", "/", headers=[("X", "1")])) == "r"
    changed = rule_set(rule("new", ANY), rule("r", condition, priority=3), key="2")
    second = Table.build([changed], first)
    found = second.match(RequestFacts("a.com", "/", headers=[("X", "1")]))
    assert found == Match(changed.routes[1], {}, "2", 1)


def test_a_step_is_small_even_when_everything_is_new() -> None:
    previous = Table()
    built = [len(done.sets) for done in [Table.build(chunks(3), previous)]]
    assert built == [3]
    assert sum(1 for _ in Table.build_steps(chunks(40))) >= 40 * 64 * 2 // 32


def test_another_setting_of_slashes_rebuilds_everything() -> None:
    sets = [rule_set(rule("r", path("/a//b")))]
    first = Table.build(sets)
    assert name_of(first, RequestFacts("x", "/a/b")) == "r"
    second = Table.build(sets, first, merge_slashes=False)
    assert name_of(second, RequestFacts("x", "/a//b")) == "r"
    assert name_of(second, RequestFacts("x", "/a/b")) is None


def test_the_same_chunk_twice_is_two_chunks() -> None:
    twice = [rule_set(rule("r", under("/a")), key="k")] * 2
    table = Table.build(twice)
    assert len(list(table.entries())) == 2
    once = Table.build(twice[:1], table)
    assert len(list(once.entries())) == 1
    assert name_of(once, RequestFacts("x", "/a")) == "r"


def spread(number: int) -> tuple[Condition, RequestFacts]:
    return both(host(f"h{number}.com"), under("/a")), RequestFacts(f"h{number}.com", "/a/b")


def one_host(number: int) -> tuple[Condition, RequestFacts]:
    return both(host("a.com"), under(f"/s{number}")), RequestFacts("a.com", f"/s{number}/x")


def patterns(number: int) -> tuple[Condition, RequestFacts]:
    return both(like(f"/{{tenant}}/s{number}"), method("GET")), RequestFacts("a.com", f"/t/s{number}")


def expressions(number: int) -> tuple[Condition, RequestFacts]:
    return matches(f"/s{number}/[0-9]+"), RequestFacts("a.com", f"/s{number}/7")


def wildcards(number: int) -> tuple[Condition, RequestFacts]:
    return host(f"**.t{number}.com"), RequestFacts(f"a.b.t{number}.com", "/")


def beginnings(number: int) -> tuple[Condition, RequestFacts]:
    return Compare("path", "starts_with", f"/s{number:05}"), RequestFacts("a.com", f"/s{number:05}x")


@pytest.mark.parametrize("kind", [spread, one_host, patterns, expressions, wildcards, beginnings])
def test_no_more_candidates_are_tested_among_many_rules_than_among_few(
    kind: Callable[[int], tuple[Condition, RequestFacts]],
) -> None:
    def tested(count: int) -> int:
        table = table_of(*(kind(number)[0] for number in range(count)))
        facts = kind(count // 2)[1]
        assert name_of(table, facts) == f"r{count // 2}"
        return len(table.candidates(facts.host, facts.path))

    assert tested(10) == tested(2_000) == 1


def test_an_old_table_is_taken_apart_in_small_steps_and_leaves_the_next_one_whole() -> None:
    first = Table.build(chunks(20))
    second = Table.build(chunks(20, edited=3), first)
    before = copy.deepcopy(shape(second))
    assert sum(1 for _ in first.dismantle_steps(second)) >= 1
    assert not first.sets
    assert not any(first.hosts.groups())
    assert shape(second) == before


def test_alternatives_of_one_rule_rank_alone() -> None:
    table = table_of(either(path("/a/b"), under("/")), under("/a"))
    assert name_of(table, RequestFacts("x", "/a/b")) == "r0"
    assert name_of(table, RequestFacts("x", "/a/c")) == "r1"
    assert name_of(table, RequestFacts("x", "/b")) == "r0"
