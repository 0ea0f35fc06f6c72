from __future__ import annotations

from tests.support.routing import ANY, like, matches, path, rule, rule_set, table_of, under
from weir.models.condition import Compare, Condition
from weir.routing.path_index import PathIndex
from weir.routing.table import Table


def index_of(*conditions: Condition) -> PathIndex:
    return table_of(*conditions).hosts.every[""]


def candidates(index: PathIndex, text: str) -> list[list[str]]:
    return [[entry.route.name for entry in entries] for entries in index.candidates(text)]


def test_lists_come_in_order_of_rank() -> None:
    index = index_of(
        ANY,
        under("/a"),
        under("/a/b"),
        matches("/a/.*"),
        matches(".*"),
        like("/a/{x}"),
        like("/{x...}"),
        path("/a/b"),
    )
    assert candidates(index, "/a/b") == [["r7"], ["r5", "r6"], ["r3", "r4"], ["r2"], ["r1"], ["r0"]]
    assert candidates(index, "/x") == [["r6"], ["r4"], ["r0"]]


def test_starts_with_takes_its_place_among_prefixes_by_length() -> None:
    index = index_of(
        under("/a"),
        Compare("path", "starts_with", "/a/b"),
        under("/a/bc"),
        Compare("path", "starts_with", "/"),
    )
    assert candidates(index, "/a/bc") == [["r2", "r1", "r0", "r3"]]
    assert candidates(index, "/ab") == [["r3"]]


def test_a_captured_segment_is_not_empty_but_a_captured_rest_may_be() -> None:
    index = index_of(like("/a/{x}"), like("/a/{x...}"))
    assert candidates(index, "/a/") == [["r1"]]
    assert candidates(index, "/a") == []


def test_a_long_path_costs_no_more_than_the_depth_of_the_rules() -> None:
    index = index_of(under("/a/b"))
    assert index.depth == 2
    assert candidates(index, "/a/b" + "/x" * 100_000) == [["r0"]]


def test_what_is_removed_leaves_no_empty_nodes_behind() -> None:
    kept = rule_set(rule("kept", under("/a")), key="kept")
    gone = rule_set(
        rule("a", under("/a/b/c")),
        rule("b", like("/{x}/y")),
        rule("c", Compare("path", "starts_with", "/q")),
        key="gone",
    )
    full = Table.build([kept, gone])
    less = Table.build([kept], full)
    index = less.hosts.every[""]
    assert index.root is not None
    assert set(index.root.children or {}) == {"a"}
    assert not (index.root.children or {})["a"].children
    assert index.starts == {}
    assert index.lengths == ()
    assert Table.build([], less).hosts.every == {}


def test_a_published_index_is_never_changed() -> None:
    first = Table.build([rule_set(rule("a", under("/a/b")), key="1")])
    before = candidates(first.hosts.every[""], "/a/b/c")
    Table.build(
        [rule_set(rule("a", under("/a/b")), key="1"), rule_set(rule("b", under("/a/b/c")), key="2")], first
    )
    assert candidates(first.hosts.every[""], "/a/b/c") == before == [["a"]]
