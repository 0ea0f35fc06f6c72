"""What keeps its order between two sequences."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from weir.rules.alignment import aligned, common_ends


def test_one_item_that_went_elsewhere_leaves_all_others_in_place() -> None:
    assert aligned("abcdef", "bcdeaf") == [(1, 0), (2, 1), (3, 2), (4, 3), (5, 5)]


def test_nothing_in_common_aligns_nothing() -> None:
    assert aligned("abc", "xyz") == []
    assert aligned("", "") == []


@given(st.permutations(list(range(30))), st.sets(st.integers(0, 29)))
def test_pairs_are_of_the_same_items_and_rise_in_both(after: list[int], gone: set[int]) -> None:
    before = [item for item in range(30) if item not in gone]
    pairs = aligned(before, after)
    assert all(before[i] == after[k] for i, k in pairs)
    assert pairs == sorted(pairs)
    assert [k for _, k in pairs] == sorted(k for _, k in pairs)


@given(st.permutations(list(range(9))))
def test_no_longer_alignment_exists(after: list[int]) -> None:
    longest = [0] * 9
    for place, item in enumerate(after):
        longest[place] = 1 + max((longest[left] for left in range(place) if after[left] < item), default=0)
    assert len(aligned(range(9), after)) == max(longest)


def test_common_ends_do_not_overlap() -> None:
    assert common_ends("aaa", "aaaaa") == (3, 0)
    assert common_ends("abXcd", "abYYcd") == (2, 2)
    assert common_ends([], [1]) == (0, 0)


@given(
    st.lists(st.integers(0, 1), max_size=200), st.integers(0, 200), st.lists(st.integers(0, 1), max_size=3)
)
def test_common_ends_are_as_long_as_they_can_be(before: list[int], at: int, put: list[int]) -> None:
    after = before[:at] + put + before[at + 1 :]
    start, end = common_ends(before, after)
    most = min(len(before), len(after))
    assert before[:start] == after[:start]
    assert start == most or before[start] != after[start]
    assert start + end <= most
    assert before[len(before) - end :] == after[len(after) - end :]
    assert start + end == most or before[len(before) - end - 1] != after[len(after) - end - 1]
