"""Scopes and tags that a rule asks for."""

from __future__ import annotations

import pytest

from edge.auth.denied import Denied
from edge.auth.permission import Permission
from weir.models.auth.caller import Caller

CALLER = Caller(method="key", credential="k", consumer="acme", tags=("gold", "eu"), scopes=("a", "b"))


@pytest.mark.parametrize(
    "options",
    [{}, {"scope": "a"}, {"scope": "b a"}, {"tag": "gold"}, {"tag": "x eu"}, {"scope": "a", "tag": "eu"}],
)
def test_who_has_all_scopes_and_one_tag_may(options: dict[str, str]) -> None:
    Permission.of(options).check(CALLER)


@pytest.mark.parametrize("scope", ["c", "a c", "A"])
def test_one_scope_that_is_missing_is_too_few(scope: str) -> None:
    with pytest.raises(Denied) as denied:
        Permission.of({"scope": scope}).check(CALLER)
    assert (denied.value.code, denied.value.scope, denied.value.caller) == (
        "insufficient-scope",
        scope,
        CALLER,
    )


@pytest.mark.parametrize("tag", ["silver", "x y", "Gold"])
def test_no_tag_of_those_that_are_named_is_forbidden(tag: str) -> None:
    with pytest.raises(Denied) as denied:
        Permission.of({"tag": tag}).check(CALLER)
    assert (denied.value.code, denied.value.caller) == ("forbidden", CALLER)
