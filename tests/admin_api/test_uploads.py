"""Large bodies on their way to the disk."""

from __future__ import annotations

import io

import pytest

from admin_api.problems import Refusal
from admin_api.uploads import PIECE, receive


def test_a_body_up_to_the_bound_is_taken_and_one_byte_more_is_not() -> None:
    file = io.BytesIO()
    assert receive(io.BytesIO(b"x" * (PIECE + 5)), file, PIECE + 5) == PIECE + 5
    assert len(file.getvalue()) == PIECE + 5
    with pytest.raises(Refusal) as refused:
        receive(io.BytesIO(b"x" * (PIECE + 6)), io.BytesIO(), PIECE + 5)
    assert (refused.value.status, refused.value.code) == (413, "body-too-large")
