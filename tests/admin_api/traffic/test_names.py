"""Names of entries taken apart, and the rules of a document by name."""

from __future__ import annotations

import pytest

from admin_api.traffic.names import owner_and_rule, owner_upstream_target, rule_names
from weir.models.usage import OTHER
from weir.rules.parser import parse


@pytest.mark.parametrize(
    ("name", "owner", "rule"),
    [("api/a", "api", "a"), ("file/group/a b", "file", "group/a b"), ("", "", ""), (OTHER, "", OTHER)],
)
def test_a_rule_has_an_owner_and_a_name(name: str, owner: str, rule: str) -> None:
    assert owner_and_rule(name) == (owner, rule)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("api/u http://t:80", ("api", "u", "http://t:80")),
        ("api/http://t http://t", ("api", "http://t", "http://t")),
        ("api/a b http://t", ("api", "a b", "http://t")),
        (OTHER, ("", OTHER, "")),
    ],
)
def test_a_target_has_an_owner_an_upstream_and_a_url(name: str, expected: tuple[str, str, str]) -> None:
    assert owner_upstream_target(name) == expected


def test_rules_of_groups_have_their_group_s_name_and_a_group_that_acts_is_a_rule() -> None:
    document = parse(
        """
        group g { when host == "a"; respond 200 ""; rule inner { when path == "/a"; respond 201 "" } }
        group h { when host == "b"; rule inner { when path == "/a"; respond 201 "" } }
        rule r { when any; respond 404 "" }
        """
    ).document
    assert list(rule_names(document)) == ["g", "g/inner", "h/inner", "r"]
