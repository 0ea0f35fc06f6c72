"""What is hashed of a request."""

from __future__ import annotations

from typing import Literal

import pytest

from edge.upstream.balance.keys import key_of
from weir.models.upstream_clauses import Balance


class Request:
    ip = "192.0.2.1"
    path = "/a"
    consumer: str | None = None

    def header(self, name: str) -> str | None:
        return {"x-user": "alice", "x-empty": ""}.get(name)

    def cookie(self, name: str) -> str | None:
        return {"sid": "7"}.get(name)

    def query(self, name: str) -> str | None:
        return {"q": "x y"}.get(name)


@pytest.mark.parametrize(
    ("on", "name", "key"),
    [
        ("ip", "", "192.0.2.1"),
        ("path", "", "/a"),
        ("header", "X-User", "alice"),
        ("cookie", "sid", "7"),
        ("query", "q", "x y"),
        ("header", "X-Absent", "192.0.2.1"),
        ("header", "X-Empty", "192.0.2.1"),
        ("cookie", "SID", "192.0.2.1"),
        ("query", "absent", "192.0.2.1"),
    ],
)
def test_the_key_or_the_address_in_its_place(
    on: Literal["ip", "path", "header", "cookie", "query"], name: str, key: str
) -> None:
    assert key_of(Balance(policy="hash", hash_on=on, hash_name=name), "u")(Request()) == key


def test_who_calls_or_the_address_of_who_does_not_say() -> None:
    key = key_of(Balance(policy="hash", hash_on="consumer"), "u")
    request = Request()
    assert key(request) == "192.0.2.1"
    request.consumer = "acme"
    assert key(request) == "acme"


def test_what_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match=r"upstream u: balance hash\(\) is not built yet"):
        key_of(Balance(policy="hash"), "u")
