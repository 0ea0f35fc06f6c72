from __future__ import annotations

import pytest

from tests.support.servers import RunningServer
from weir.store.connect import Client
from weir.store.keys import Keys
from weir.store.login_throttle import WINDOW_MS, LoginThrottle, counted_as


def test_failures_of_an_address_are_counted_for_a_minute_after_the_first(
    client: Client, keys: Keys, server: RunningServer
) -> None:
    throttle = LoginThrottle(client, keys)
    assert [throttle.failed("192.0.2.1")[0] for _ in range(3)] == [1, 2, 3]
    assert throttle.failed("192.0.2.2")[0] == 1
    assert 0 < server.admin().pttl(keys.login_failures("192.0.2.1")) <= WINDOW_MS


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("", "unknown"),
        ("}:evil", "unknown"),
    ],
)
def test_an_address_counts_as_its_network(address: str, counted: str) -> None:
    assert counted_as(address) == counted
