"""Why an attempt that was granted did not go out."""

import pytest

from edge.retry.called_off import called_off_by


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("overloaded", "concurrency"),
        ("stopping", "stopping"),
        ("no-target", "no-target"),
        ("other", "no-target"),
    ],
)
def test_it_is_told_by_the_refusal_that_it_met(code: str, outcome: str) -> None:
    assert called_off_by(code) == outcome
