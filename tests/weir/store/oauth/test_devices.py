"""Devices that wait for a person's word."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.servers import RunningServer
from weir.models.auth.secret_text import hash_of
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.oauth import devices as module
from weir.store.oauth.devices import (
    ALPHABET,
    Asked,
    Decision,
    DeviceRecord,
    Devices,
    Polled,
    new_user_code,
    plain_user_code,
    shown_user_code,
)

RECORD = DeviceRecord(client="tv", scopes=("openid", "films:watch"))
DECISION = Decision(user="alice", login="f" * 64, auth_ms=1_700_000_000_000, sid="s-1")


@pytest.fixture
def devices(client: Client, keys: Keys) -> Devices:
    return Devices(client, keys)


@pytest.fixture
def asked(devices: Devices) -> Asked:
    asked = devices.ask(RECORD)
    assert asked is not None
    return asked


def approve(devices: Devices, asked: Asked) -> bool:
    found = devices.find(asked.user_code)
    assert found is not None
    return devices.approve(found[0], asked.user_code, DECISION)


def rewind(server: RunningServer, keys: Keys, asked: Asked, by_ms: int) -> None:
    """As if the device had asked that much earlier."""
    device = keys.oauth_device(hash_of(asked.device_code))
    server.admin().hincrby(device, "polled_ms", -by_ms)


def test_a_device_gets_what_a_person_allowed_once(devices: Devices, asked: Asked) -> None:
    assert devices.poll(asked.device_code, "tv") == Polled("pending")
    assert devices.find(asked.user_code) == (hash_of(asked.device_code), RECORD)
    assert approve(devices, asked)
    assert devices.poll(asked.device_code, "tv") == Polled("approved", RECORD, DECISION)
    assert devices.poll(asked.device_code, "tv") == Polled("used")


def test_of_many_polls_at_once_one_gets_it(devices: Devices, asked: Asked) -> None:
    approve(devices, asked)
    with ThreadPoolExecutor(8) as pool:
        words = [
            polled.word for polled in pool.map(lambda _: devices.poll(asked.device_code, "tv"), range(24))
        ]
    assert sorted(words) == ["approved"] + ["used"] * 23


def test_the_first_word_counts_and_the_code_is_over(devices: Devices, asked: Asked) -> None:
    device_id = hash_of(asked.device_code)
    assert devices.deny(device_id, asked.user_code)
    assert not devices.approve(device_id, asked.user_code, DECISION)
    assert devices.find(asked.user_code) is None
    assert devices.poll(asked.device_code, "tv") == Polled("denied")


def test_another_client_learns_nothing_and_spoils_nothing(devices: Devices, asked: Asked) -> None:
    approve(devices, asked)
    assert devices.poll(asked.device_code, "mallory") == Polled("other")
    assert devices.poll("x" * 43, "tv") == Polled("unknown")
    assert devices.poll(asked.device_code, "tv").word == "approved"


def test_a_device_that_asks_too_soon_has_to_wait_longer(
    devices: Devices, asked: Asked, server: RunningServer, keys: Keys
) -> None:
    assert devices.poll(asked.device_code, "tv").word == "pending"
    assert devices.poll(asked.device_code, "tv").word == "slow"
    assert server.admin().hget(keys.oauth_device(hash_of(asked.device_code)), "interval_ms") == b"10000"
    rewind(server, keys, asked, 9_000)
    assert devices.poll(asked.device_code, "tv").word == "slow"
    rewind(server, keys, asked, 15_000)
    assert devices.poll(asked.device_code, "tv").word == "pending"


def test_a_device_waits_ten_minutes_and_learns_that_they_are_over(
    devices: Devices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LIFE_MS", 1)
    asked = devices.ask(RECORD)
    assert asked is not None
    while devices.find(asked.user_code) is not None:
        pass
    while devices.poll(asked.device_code, "tv").word != "expired":
        pass
    assert not devices.approve(hash_of(asked.device_code), asked.user_code, DECISION)


def test_no_code_is_kept_and_everything_ends(
    devices: Devices, asked: Asked, server: RunningServer, keys: Keys
) -> None:
    everything = b" ".join(server.admin().keys("*"))
    assert asked.device_code.encode() not in everything
    assert asked.user_code.encode() not in everything
    for key in server.admin().keys("*"):
        assert 0 < server.admin().pttl(key) <= module.KEEP_MS


def test_one_more_than_may_wait_is_refused_until_one_has_its_tokens(
    devices: Devices, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_DEVICES", 2)
    assert devices.ask(RECORD) is not None
    assert devices.ask(RECORD) is None
    approve(devices, asked)
    devices.poll(asked.device_code, "tv")
    assert devices.ask(RECORD) is not None


def test_a_user_code_belongs_to_one_device(devices: Devices, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = iter(["BBBBBBBB", "BBBBBBBB", "CCCCCCCC"])
    monkeypatch.setattr(module, "new_user_code", lambda: next(codes))
    asked = [devices.ask(RECORD) for _ in range(2)]
    assert [each.user_code for each in asked if each] == ["BBBBBBBB", "CCCCCCCC"]
    monkeypatch.setattr(module, "new_user_code", lambda: "BBBBBBBB")
    with pytest.raises(StoreError, match="in a row"):
        devices.ask(RECORD)


def test_user_codes_have_eight_consonants() -> None:
    for _ in range(100):
        code = new_user_code()
        assert len(code) == 8
        assert set(code) <= set(ALPHABET)
        assert plain_user_code(shown_user_code(code)) == code
    assert not set("AEIOUY0123456789") & set(ALPHABET)


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("WDJB-MJHT", "WDJBMJHT"),
        (" wdjb mjht ", "WDJBMJHT"),
        ("WDJB–MJHT", "WDJBMJHT"),
        ("WDJBMJH", ""),
        ("WDJBMJHTT", ""),
        ("WDJB-MJHA", ""),
        ("WDJB*MJHT", ""),
        ("", ""),
        ("ſDJBMJHT", ""),
    ],
)
def test_a_code_is_read_as_people_type_it(typed: str, plain: str) -> None:
    assert plain_user_code(typed) == plain
