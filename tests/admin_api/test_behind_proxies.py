"""Whose address the admin API notes and counts when it stands behind a proxy: the client's, and nobody's invention."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from tests.support.admin import SecuredAdmin
from weir.store.connect import Client

SESSION = "/api/v1/session"
EDGE = "10.0.0.2"
STRANGER = "192.0.2.66"


@pytest.fixture
def admin(client: Client) -> SecuredAdmin:
    return SecuredAdmin(client, proxies=("10.0.0.0/8",))


def sign_in(admin: SecuredAdmin, token: str, peer: str, forwarded: str) -> int:
    status: int = admin.call(
        "POST",
        SESSION,
        json={"token": token},
        environ_base={"REMOTE_ADDR": peer},
        headers={"X-Forwarded-For": forwarded},
    ).status_code
    return status


def test_behind_a_known_proxy_wrong_credentials_are_counted_by_the_client(admin: SecuredAdmin) -> None:
    token = admin.token()
    guesses = [sign_in(admin, "wrong", EDGE, f"203.0.113.{number}, 198.51.100.7") for number in range(6)]
    assert guesses == [401] * 5 + [429]
    assert sign_in(admin, token, EDGE, "198.51.100.7") == 429
    assert sign_in(admin, token, EDGE, "198.51.100.8") == 201
    assert {entry.address for entry in admin.audited()} == {"198.51.100.7", "198.51.100.8"}


def test_attack_of_a_stranger_who_writes_another_address_each_time(admin: SecuredAdmin) -> None:
    guesses = [sign_in(admin, "wrong", STRANGER, f"198.51.100.{number}") for number in range(6)]
    assert guesses == [401] * 5 + [429]
    assert sign_in(admin, admin.token(), STRANGER, "10.0.0.2") == 429
    assert {entry.address for entry in admin.audited()} == {STRANGER}


def test_attack_of_a_stranger_who_would_lock_somebody_out(admin: SecuredAdmin) -> None:
    for _ in range(6):
        sign_in(admin, "wrong", STRANGER, "198.51.100.7")
    assert sign_in(admin, admin.token(), EDGE, "198.51.100.7") == 201


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        (EDGE, "198.51.100.7", "198.51.100.7"),
        (EDGE, "fe80::1%invented", EDGE),
        (EDGE, "", EDGE),
        (STRANGER, "198.51.100.7", STRANGER),
        (STRANGER, "10.0.0.2, 10.0.0.3", STRANGER),
    ],
)
def test_the_request_log_has_the_same_address(
    admin: SecuredAdmin, caplog: pytest.LogCaptureFixture, peer: str, forwarded: str, address: str
) -> None:
    caplog.set_level(logging.INFO)
    named: dict[str, Any] = {"environ_base": {"REMOTE_ADDR": peer}, "headers": {"X-Forwarded-For": forwarded}}
    admin.call("GET", SESSION, **named)
    (line,) = [json.loads(each.getMessage()) for each in caplog.records if each.name == "weir.admin.access"]
    assert line["address"] == address


def test_without_known_proxies_nobody_is_believed(client: Client) -> None:
    admin = SecuredAdmin(client)
    assert sign_in(admin, "wrong", "127.0.0.1", "198.51.100.7") == 401
    assert admin.audited()[0].address == "127.0.0.1"
