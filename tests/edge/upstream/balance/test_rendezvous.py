"""Equal keys go to the same target; a change moves no more keys than it must."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.upstream.balance.rendezvous import hash_of, mix, rendezvous, score

KEYS = [f"key-{number}" for number in range(300)]


def places(turn) -> list[str]:
    return [str(rendezvous(turn, key, ())) for key in KEYS]


@settings(max_examples=30, deadline=None)
@given(weights=st.lists(st.integers(1, 9), min_size=2, max_size=8), data=st.data())
def test_a_target_that_goes_moves_its_own_keys_only(fakes, weights: list[int], data: st.DataObject) -> None:
    gone = data.draw(st.integers(0, len(weights) - 1))
    before = places(fakes(*weights))
    after = places(fakes(*[0 if place == gone else weight for place, weight in enumerate(weights)]))
    assert all(old == new or old == f"t{gone}" for old, new in zip(before, after, strict=True))
    assert f"t{gone}" not in after


@settings(max_examples=30, deadline=None)
@given(weights=st.lists(st.integers(1, 9), min_size=2, max_size=8), data=st.data())
def test_more_weight_only_draws_keys_to_itself(fakes, weights: list[int], data: st.DataObject) -> None:
    grown = data.draw(st.integers(0, len(weights) - 1))
    before = places(fakes(*weights))
    after = places(fakes(*[weight + (place == grown) for place, weight in enumerate(weights)]))
    assert all(old == new or new == f"t{grown}" for old, new in zip(before, after, strict=True))


def test_being_excluded_is_being_gone(fakes) -> None:
    turn, without = fakes(2, 1, 1), fakes(2, 0, 1)
    excluded = {turn.items[1]}
    assert [str(rendezvous(turn, key, excluded)) for key in KEYS] == places(without)


def test_keys_spread_by_weight(fakes) -> None:
    turn = fakes(5, 3, 2)
    picked = [str(rendezvous(turn, str(number), ())) for number in range(20_000)]
    shares = [picked.count(f"t{place}") / 20_000 for place in range(3)]
    assert all(abs(share - due) < 0.02 for share, due in zip(shares, (0.5, 0.3, 0.2), strict=True))


def test_every_process_and_version_decides_alike() -> None:
    assert hash_of("http://orders-1.prod:8080") == 0xE4E97A0E6A3A70C7
    assert mix(1) == 0x5692161D100B05E5
    assert round(score(1, 2, 3), 12) == 1.406349112618


def test_the_highest_number_has_a_score() -> None:
    assert all(score(bits, 0, 1) > 0 for bits in range(1_000))
    assert hash_of("\ud800") != hash_of("")
