from __future__ import annotations

import pytest

from tests.support.servers import RunningServer
from weir.store import login_links as module
from weir.store.connect import Client
from weir.store.keys import Keys
from weir.store.login_links import LoginLinks


@pytest.fixture
def links(client: Client, keys: Keys) -> LoginLinks:
    return LoginLinks(client, keys)


def test_a_link_is_good_once(links: LoginLinks) -> None:
    secret, _ = links.make("t1")
    assert (links.take("other"), links.take(secret), links.take(secret)) == ("", "t1", "")


def test_a_link_that_is_too_old_is_used_up_all_the_same(
    links: LoginLinks, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, _ = links.make("t1")
    monkeypatch.setattr(module, "LIFE_MS", 0)
    assert links.take(secret) == ""
    monkeypatch.undo()
    assert links.take(secret) == ""


def test_there_are_at_most_so_many(
    links: LoginLinks, server: RunningServer, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_LINKS", 2)
    for _ in range(3):
        links.make("t1")
    assert server.admin().hlen(keys.login_links()) == 2
    assert 0 < server.admin().pttl(keys.login_links()) <= module.LIFE_MS
