"""How names are printed."""

from __future__ import annotations

import pytest

from weir.rules.names import is_bare, write_destination, write_name, write_path, write_url


@pytest.mark.parametrize("name", ["a", "_", "a-b.c_d", "A1", "by", "any", "rule"])
def test_a_word_needs_no_quotes(name: str) -> None:
    assert is_bare(name)
    assert write_name(name) == name


@pytest.mark.parametrize("name", ["", "1a", "a b", "a-", "-a", "a..b", "a/b", "订单", "http://a", "a\n"])
def test_every_other_name_is_quoted(name: str) -> None:
    assert not is_bare(name)
    assert write_name(name).startswith('"')


def test_destinations_are_names_or_urls_and_by_is_quoted() -> None:
    assert write_destination("orders") == "orders"
    assert write_destination("http://a:80") == "http://a:80"
    assert write_destination("by") == '"by"'
    assert write_destination("http://a b") == '"http://a b"'


def test_urls_and_paths_are_bare_where_they_read_back() -> None:
    assert write_url("http://[::1]:80") == "http://[::1]:80"
    assert write_url("orders") == '"orders"'
    assert write_path("/healthz?a=b") == "/healthz?a=b"
    assert write_path("/{a}") == '"/{a}"'
    assert write_path("a") == '"a"'
