"""Which names a condition is sure to capture."""

from __future__ import annotations

import pytest

from weir.models.condition import Or
from weir.models.document import Define
from weir.rules.captures import captured
from weir.rules.parser import parse


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("any", ""),
        ('path like "/{a}/{b...}"', "ab"),
        ('path == "/{a}"', ""),
        ('path like "/{a}" and path like "/{b}"', "ab"),
        ('path like "/{a}/{b}" or path like "/{b}/{c}"', "b"),
        ('not path like "/{a}"', ""),
        ('d and path like "/{a}"', "ad"),
        ("unknown", ""),
        ('path like "/{a"', ""),
        ('path like "no"', ""),
    ],
)
def test_names_that_every_way_of_the_condition_captures(text: str, names: str) -> None:
    define = parse(f"define x = {text}").document.definitions[0]
    assert isinstance(define, Define)
    assert captured(define.condition, {"d": frozenset("d")}) == frozenset(names)


def test_alternatives_of_nothing_capture_nothing() -> None:
    assert captured(Or(()), {}) == frozenset()
