"""Who may ask for another protocol, and what may be given."""

import pytest

from edge.http.head import RequestHead
from edge.http.upgrade import asks_for_upgrade, is_what_was_asked


def asking(**parts: object) -> RequestHead:
    head = RequestHead()
    head.version, head.method, head.upgrade, head.upgrades = "1.1", b"GET", True, (b"websocket",)
    for name, value in parts.items():
        setattr(head, name, value)
    return head


def test_a_get_asks() -> None:
    assert asks_for_upgrade(asking())


@pytest.mark.parametrize(
    "parts",
    [
        {"upgrade": False},
        {"version": "1.0"},
        {"method": b"POST"},
        {"upgrades": (b"h2c",)},
        {"upgrades": (b"websocket, H2C",)},
        {"upgrades": (b"a", b"b")},
        {"lengths": (b"0",)},
    ],
)
def test_others_do_not(parts: dict[str, object]) -> None:
    assert not asks_for_upgrade(asking(**parts))


def test_only_what_was_asked_is_given() -> None:
    assert is_what_was_asked((b"WebSocket, other",), (b"websocket",))
    assert not is_what_was_asked((b"websocket",), (b"other",))
    assert not is_what_was_asked((b"websocket",), ())
    assert not is_what_was_asked((b"websocket",), (b"websocket", b"websocket"))
