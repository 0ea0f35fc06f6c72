"""What all policies have in common."""

from __future__ import annotations

from typing import get_args, get_type_hints

import pytest

from edge.upstream.balance.policies import POLICIES
from weir.models.upstream_clauses import Balance


def test_every_policy_of_the_language_is_there() -> None:
    assert tuple(POLICIES) == get_args(get_type_hints(Balance)["policy"])


@pytest.mark.parametrize("policy", POLICIES)
class TestEvery:
    def test_nobody_is_none(self, policy: str, fakes) -> None:
        assert POLICIES[policy](fakes(), "key", ()) is None
        assert POLICIES[policy](fakes(0, 0), "key", ()) is None

    def test_the_excluded_are_passed_over(self, policy: str, fakes) -> None:
        turn = fakes(1, 5, 1)
        first, second, third = turn.items
        picked = {POLICIES[policy](turn, str(key), {second}) for key in range(50)}
        assert second not in picked
        assert POLICIES[policy](turn, "key", {first, second}) is third
        assert POLICIES[policy](turn, "key", {first, second, third}) is None

    def test_an_only_target_takes_everything(self, policy: str, fakes) -> None:
        turn = fakes(3)
        turn.items[0].in_flight = 1_000
        assert POLICIES[policy](turn, "key", ()) is turn.items[0]

    def test_weight_0_takes_nothing(self, policy: str, fakes) -> None:
        turn = fakes(1, 0)
        assert {str(POLICIES[policy](turn, str(key), ())) for key in range(50)} == {"t0"}

    def test_who_starts_slowly_takes_less(self, policy: str, fakes) -> None:
        turn = fakes(1, 1)
        turn.scale([0.1, 1.0])
        picked = [str(POLICIES[policy](turn, str(key), ())) for key in range(2_000)]
        # p2c draws two of two, so only the load tells them apart.
        assert policy == "p2c" or picked.count("t0") / 2_000 == pytest.approx(1 / 11, abs=0.03)
        turn.scale(None)
        assert turn.weights == (1, 1)
