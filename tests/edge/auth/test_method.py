"""Every method that rules can ask for has the whole form of one."""

from __future__ import annotations

import inspect

import pytest

from edge.auth.method import Method
from edge.auth.requirement import METHODS
from edge.auth.services import AuthServices
from edge.link.asks import Asks
from weir.models.values import Requirement


@pytest.mark.parametrize("name", sorted(METHODS))
def test_a_method_has_all_that_is_asked_of_one(name: str) -> None:
    method = METHODS[name](Requirement(name), AuthServices(Asks(), lambda: 60.0))  # type: ignore[arg-type]
    assert method.name == name
    for member in ("shown", "verify", "challenge", "hide"):
        asked, has = getattr(Method, member), getattr(method, member)
        assert list(inspect.signature(asked).parameters)[1:] == list(inspect.signature(has).parameters)
    assert isinstance(method.of_head, bool)
    assert isinstance(method.query, str)


@pytest.mark.parametrize("name", sorted(METHODS))
def test_a_method_challenges_who_showed_nothing(name: str) -> None:
    method = METHODS[name](Requirement(name), AuthServices(Asks(), lambda: 60.0))  # type: ignore[arg-type]
    for value in method.challenge(None):
        assert value.isascii()
        assert b"error" not in value
    assert method.challenge(None)
