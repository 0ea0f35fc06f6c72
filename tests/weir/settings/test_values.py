"""Texts of settings, at their bounds."""

from __future__ import annotations

import pytest

from weir.settings import values


@pytest.mark.parametrize("text", ["http://127.0.0.1:1", "http://127.0.0.1:1/", "127.0.0.1:1"])
def test_the_edge_may_be_said_as_a_url(text):
    assert values.http_address(text) == ("127.0.0.1", 1)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "redis://h:6379/0",
        "rediss://h:6379",
        "unix:///run/store.sock",
        "redis+sentinel://h1:26379,h2:26379/mymaster",
        "redis+cluster://h1:6379,h2:6379",
    ],
)
def test_every_topology_is_a_store_address(url):
    assert values.store_url(url) == url


@pytest.mark.parametrize("url", ["redis", "redis://", "http://h", "h:6379"])
def test_anything_else_is_no_store_address(url):
    with pytest.raises(ValueError, match="no store address"):
        values.store_url(url)


def test_passwords_are_hidden():
    assert values.without_password("redis://me:hunter2@h:1/0") == "redis://me:…@h:1/0"
    assert values.without_password("redis://h:1") == "redis://h:1"
    assert values.without_password("redis://[bad:hunter2@") == "redis://…"


def test_the_number_of_workers_is_bounded():
    assert values.workers("0") == 0
    assert values.workers(str(values.MAX_WORKERS)) == values.MAX_WORKERS
    for text in (str(values.MAX_WORKERS + 1), "-1", "1.5", "", "\u0661"):
        with pytest.raises(ValueError, match="between 0 and"):
            values.workers(text)


def test_the_length_of_names_is_bounded():
    assert values.node_name("n" * 63)
    assert values.cluster_name("c" * 63)
    with pytest.raises(ValueError, match="63"):
        values.node_name("n" * 64)
    with pytest.raises(ValueError, match="63"):
        values.cluster_name("c" * 64)
