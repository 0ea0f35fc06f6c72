from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from weir.routing.order import GAP, order_numbers


def test_what_stays_keeps_its_number() -> None:
    first = order_numbers(["a", "b", "c"], {})
    second = order_numbers(["a", "x", "b", "c", "y"], first)
    assert {key: second[key] for key in "abc"} == first
    assert sorted(second, key=second.__getitem__) == ["a", "x", "b", "c", "y"]


def test_a_replaced_key_takes_its_predecessors_number() -> None:
    first = order_numbers(["a", "b", "c"], {})
    assert order_numbers(["a", "B", "c"], first)["B"] == first["b"]
    assert order_numbers(["a", "b", "C"], first)["C"] == first["c"]


def test_only_what_moved_is_renumbered() -> None:
    keys = [str(number) for number in range(100)]
    first = order_numbers(keys, {})
    moved = [keys[-1], *keys[:-1]]
    second = order_numbers(moved, first)
    assert [key for key in keys if second[key] != first[key]] == [keys[-1]]


def test_when_the_room_is_used_up_everything_is_renumbered() -> None:
    keys = ["a", "b"]
    numbers = order_numbers(keys, {})
    renumbered = []
    for insertion in range(100):
        keys.insert(-1, f"x{insertion}")
        following = order_numbers(keys, numbers)
        assert sorted(following, key=following.__getitem__) == keys
        if any(following[key] != number for key, number in numbers.items()):
            renumbered.append(insertion)
            assert list(following.values()) == [place * GAP for place in range(1, len(keys) + 1)]
        numbers = following
    assert renumbered == [40, 81]


@given(st.lists(st.lists(st.integers(0, 12), unique=True, max_size=10), max_size=6))
def test_numbers_are_always_in_the_order_of_the_keys(versions: list[list[int]]) -> None:
    numbers: dict[int, int] = {}
    for keys in versions:
        numbers = order_numbers(keys, numbers)
        assert sorted(numbers) == sorted(keys)
        ordered = [numbers[key] for key in keys]
        assert ordered == sorted(set(ordered))
        assert all(number > 0 for number in ordered)
