"""Which keys a backup holds."""

from __future__ import annotations

import inspect

import pytest

from weir.store.backup_keys import COUNTERS, LEFT_OUT, RECORDS, VERSION, kind_of
from weir.store.keys import Keys

CONTROL = {
    "drains", "access-tokens", "access-tokens-used", "audit", "audit-refused", "credentials-used", "revoked",
    "signing", "auth-public", "oauth-consents", "assertions", "opaque-tokens", "opaque-ends", "opaque-index",
    "refresh-families", "refresh-current", "refresh-ends", "refresh-index",
}  # fmt: skip
"""Copied as they are. Whoever adds a key decides here, or in ``backup_keys``, whether a backup has it."""


def every_key() -> list[str]:
    keys, found = Keys("c"), []
    for name, method in vars(Keys).items():
        if name.startswith("_") or not inspect.isfunction(method) or name == "wake":
            continue
        arguments = ["7"] * (len(inspect.signature(method).parameters) - 1)
        found.append(method(keys, *arguments).removeprefix("weir:c:"))
    return found


@pytest.mark.parametrize("rest", every_key())
def test_of_every_key_it_is_decided_whether_a_backup_has_it(rest: str) -> None:
    word = rest.rpartition("}:")[2].partition(":")[0]
    assert word in {*VERSION, *RECORDS, *COUNTERS, *LEFT_OUT, *CONTROL}


@pytest.mark.parametrize(
    ("rest", "kind"),
    [
        ("{control}:head", "version"),
        ("{control}:audit", "control"),
        ("{control}:records:keys", "records"),
        ("{control}:record-index:keys", "records"),
        ("{control}:something-new", "control"),
        ("{control}:login-failures:192.0.2.1", "left-out"),
        ("{b:1f}:budget:1000:10:holder:x", "left-out"),
        ("{usage}:day:19000", "counter"),
        ("{usage}:minute:19000", "left-out"),
        ("{1f}:quota:0", "counter"),
        ("{1f}:quota:3600000", "counter"),
        ("{1f}:quota:60000", "left-out"),
        ("{1f}:limit:60000x60", "counter"),
        ("{1f}:limit:59999x60", "left-out"),
        ("{1f}:smooth:3600000", "counter"),
        ("node:n1", "left-out"),
        ("live:n1", "left-out"),
        ("{control}:restore:ab:head", "left-out"),
        ("Odd Key", "control"),
    ],
)
def test_what_is_short_lived_stays_out_and_what_is_unknown_is_in(rest: str, kind: str) -> None:
    assert kind_of(rest) == kind
