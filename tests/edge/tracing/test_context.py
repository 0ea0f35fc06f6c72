"""Parents and sampling."""

from __future__ import annotations

from random import Random

import pytest

from edge.tracing.context import Parent, is_chosen, parent_of


@pytest.mark.parametrize(
    ("flags", "sampled"), [("00", False), ("01", True), ("02", False), ("03", True), ("ff", True)]
)
def test_the_lowest_flag_says_whether_the_parent_is_sampled(flags: str, sampled: bool) -> None:
    value = f"00-{'a' * 32}-{'b' * 16}-{flags}".encode()
    assert parent_of(value) == Parent("b" * 16, sampled)


def test_a_later_version_may_say_more() -> None:
    assert parent_of(f"cc-{'a' * 32}-{'b' * 16}-01-what".encode()) == Parent("b" * 16, True)


def test_the_ratio_is_kept_and_its_ends_are_exact() -> None:
    random = Random(1)
    ids = [f"{random.getrandbits(128):032x}" for _ in range(4000)]
    assert all(is_chosen(each, 1.0) for each in [*ids, "f" * 32])
    assert not any(is_chosen(each, 0.0) for each in [*ids, "a" * 16 + "0" * 16])
    assert 300 < sum(is_chosen(each, 0.1) for each in ids) < 500
