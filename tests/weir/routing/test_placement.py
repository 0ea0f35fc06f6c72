from __future__ import annotations

import pytest

from tests.support.routing import ANY, both, header, host, like, matches, path, under
from weir.models.condition import Compare, Condition, Not
from weir.routing.alternatives import BadCondition, alternatives_of
from weir.routing.patterns import host_text
from weir.routing.placement import MAX_PLACES, PathKind, Placement, place


def placement(condition: Condition) -> Placement:
    return place(alternatives_of(condition)[0])


@pytest.mark.parametrize(
    ("condition", "kind", "keys", "left"),
    [
        (ANY, PathKind.ANY, [""], 0),
        (path("/a"), PathKind.EXACT, ["/a"], 0),
        (Compare("path", "in", ("/a", "/b")), PathKind.EXACT, ["/a", "/b"], 0),
        (under("/a"), PathKind.UNDER, ["/a"], 0),
        (like("/a/{x}"), PathKind.LIKE, ["/a/{x}"], 0),
        (matches("/a/[0-9]"), PathKind.REGEX, ["/a/"], 1),
        (Compare("path", "starts_with", "/ab"), PathKind.STARTS_WITH, ["/ab"], 0),
        (Compare("path", "ends_with", "/ab"), PathKind.ANY, [""], 1),
        (Not(under("/a")), PathKind.ANY, [""], 1),
        (both(under("/a"), like("/a/{x}")), PathKind.LIKE, ["/a/{x}"], 1),
        (both(under("/a"), under("/a/b")), PathKind.UNDER, ["/a/b"], 1),
        (both(under("/a"), path("/a/b"), header("x", "1")), PathKind.EXACT, ["/a/b"], 2),
        (both(matches(".*"), under("/a")), PathKind.REGEX, [""], 2),
    ],
)
def test_the_most_specific_path_term_is_the_place(
    condition: Condition, kind: PathKind, keys: list[str], left: int
) -> None:
    found = placement(condition)
    assert [each.kind for each in found.paths] == [kind] * len(keys)
    assert [each.key for each in found.paths] == keys
    assert len(found.rest) == left


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ((("a.com", "b.com"), ("b.com", "c.com")), ["b.com"]),
        ((("a.com",), ("b.com",)), []),
        ((("*.a.com",), ("x.a.com", "y.b.com")), ["x.a.com"]),
        ((("**.a.com",), ("*.a.com", "**.b.a.com")), ["*.a.com", "**.b.a.com"]),
        ((("*.a.com",), ("**.b.a.com",)), []),
    ],
)
def test_lists_of_hosts_that_are_anded_keep_what_they_share(
    lists: tuple[tuple[str, ...], tuple[str, ...]], expected: list[str]
) -> None:
    found = placement(both(*(Compare("host", "in", each) for each in lists)))
    assert [host_text(each) for each in found.hosts] == expected
    assert found.rest == ()


def test_paths_that_contradict_each_other_have_no_place() -> None:
    assert placement(both(path("/a"), path("/b"))).paths == ()


def test_combining_long_lists_of_hosts_is_bounded() -> None:
    long = host(*(f"h{number}" for number in range(200)))
    with pytest.raises(BadCondition, match=str(MAX_PLACES)):
        placement(both(long, host(*(f"h{number}" for number in range(100)))))
