"""What a caller may be told has a status and a title."""

from __future__ import annotations

from typing import get_args

from edge.answers import STATUS_OF, TITLES
from edge.auth.denied import Denied, DeniedCode


def test_every_code_can_be_answered() -> None:
    for code in get_args(DeniedCode):
        assert STATUS_OF[code] in (401, 403, 429, 503)
        assert TITLES[code]


def test_it_reads_as_a_sentence() -> None:
    assert str(Denied("credential-invalid", "it is wrong")) == "credential-invalid: it is wrong"
    assert str(Denied("forbidden")) == "forbidden"
