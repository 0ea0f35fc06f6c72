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


def test_times_are_bounded_and_have_a_unit():
    said = {"1ms": 0.001, "500ms": 0.5, "10s": 10, "2m": 120, "24h": 86400}
    assert {text: values.duration(text) for text in said} == said
    for text in ("0s", "25h", "10", "1.5s", "-1s", "s", "", "1d", "\u0661s"):
        with pytest.raises(ValueError, match="between 1ms and 24h"):
            values.duration(text)


def test_a_time_may_be_none_where_that_has_a_meaning():
    assert {text: values.duration_or_none(text) for text in ("0s", "0ms", "1ms", "24h")} == {
        "0s": 0,
        "0ms": 0,
        "1ms": 0.001,
        "24h": 86400,
    }
    for text in ("0", "25h", "-1s", ""):
        with pytest.raises(ValueError, match="between 1ms and 24h"):
            values.duration_or_none(text)


def test_sizes_are_bounded_and_have_a_unit():
    said = {"1B": 1, "8KiB": 8192, "1MiB": 1 << 20}
    assert {text: values.size(text) for text in said} == said
    for text in ("0B", "1025KiB", "8192", "8kb", ""):
        with pytest.raises(ValueError, match="between 1B and 1MiB"):
            values.size(text)


def test_counts_are_bounded():
    assert [values.count(text) for text in ("1", "1000000")] == [1, 1_000_000]
    assert values.count_or_none("0") == 0
    for text in ("0", "1000001", "-1", "many", ""):
        with pytest.raises(ValueError, match="between"):
            values.count(text)


@pytest.mark.parametrize("text", ["", "http://localhost:4318", "https://c.test/v1/own", "http://[::1]:4318"])
def test_a_collector_is_a_url(text):
    assert values.otlp_endpoint(text) == text


@pytest.mark.parametrize(
    "text", ["localhost:4318", "ftp://a", "http://", "http://a?b", "http://u:p@a", "http://a:0", "http://a:x"]
)
def test_anything_else_is_no_collector(text):
    with pytest.raises(ValueError, match="is not the address of a collector"):
        values.otlp_endpoint(text)


def test_headers_are_pairs():
    assert values.otlp_headers("") == {}
    assert values.otlp_headers("a=b, authorization=Bearer x=") == {"a": "b", "authorization": "Bearer x="}
    for text in ("a", "a b=c", "=c", "a=b\r\nc=d", "a=é"):
        with pytest.raises(ValueError, match="not name=value"):
            values.otlp_headers(text)


def test_a_share_is_between_0_and_1():
    assert [values.ratio(text) for text in ("0", "0.1", "1", "1.000000000")] == [0, 0.1, 1, 1]
    for text in ("", "-0.1", "1.1", "2", "x", "1e-3", "nan"):
        with pytest.raises(ValueError, match="not a share"):
            values.ratio(text)


def test_the_access_log_has_two_formats():
    assert [values.log_format(text) for text in ("json", "combined")] == ["json", "combined"]
    with pytest.raises(ValueError, match="not one of json, combined"):
        values.log_format("common")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", ""),
        ("https://Login.example.com/", "https://login.example.com"),
        ("http://localhost:8002", "http://localhost:8002"),
        ("http://[::1]:8002", "http://[::1]:8002"),
    ],
)
def test_a_public_url_is_https_but_for_this_machine(text: str, url: str) -> None:
    assert values.public_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "http://login.example.com",
        "http://10.0.0.1:8002",
        "https://a.example/x",
        "https://u@a.example",
        "ftp://a",
    ],
)
def test_another_public_url_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        values.public_url(text)


def test_a_rotation_is_an_hour_to_a_year() -> None:
    assert (values.rotation("1h"), values.rotation("30d"), values.rotation("365d")) == (
        3600,
        2592000,
        31536000,
    )
    for text in ("0h", "59m", "366d", "1", "d", "-1d"):
        with pytest.raises(ValueError, match="between 1h and 365d"):
            values.rotation(text)


def test_networks_are_addresses_and_ranges() -> None:
    assert values.networks("10.0.0.0/8, 192.0.2.1 ::1/128") == ("10.0.0.0/8", "192.0.2.1", "::1/128")
    assert values.networks("none") == ()
    assert len(values.networks("10.0.0.1 " * values.MAX_NETWORKS)) == values.MAX_NETWORKS
    for text in ("", " ", "10.0.0.1/8", "localhost", "10.0.0.0/33", "10.0.0.1 " * (values.MAX_NETWORKS + 1)):
        with pytest.raises(ValueError, match=r"needs 1 to|is no address and no CIDR"):
            values.networks(text)
