from __future__ import annotations

from pathlib import Path

import pytest

from weir.models import chunk_form
from weir.store import chunks, embedded, feed, nodes, publish, topologies
from weir.store.connect import connect
from weir.store.key_table import key_table, with_table
from weir.store.keys import Keys

PAGE = Path(__file__).parents[3] / "docs" / "store.md"


def test_the_page_about_the_store_has_every_key_as_the_code_describes_it() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_table(page) == page, "run: python -m weir.store.key_table docs/store.md"


def test_every_key_has_a_row_with_its_name_and_its_description() -> None:
    rows = key_table().splitlines()[2:]
    assert len(rows) == sum(
        not name.startswith("_") and callable(value) for name, value in vars(Keys).items()
    )
    assert "| `weir:<cluster>:{control}:head` | Hash, no TTL." in key_table()
    assert "| `weir:<cluster>:node:<node>` | String, TTL 30 s" in key_table()


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="the page needs"):
        with_table("# The store\n")


def test_the_limits_on_the_page_are_those_of_the_code() -> None:
    page = PAGE.read_text(encoding="utf-8")
    defaults = publish.Publisher(connect("unix:///s"), Keys("test"))
    for row in (
        f"| versions kept | {defaults._history} |",
        f"| changes kept in the feed | {defaults._feed_length} |",
        f"| definitions in a chunk | {chunks.MAX_DEFINITIONS} |",
        f"| bytes of a chunk | {chunk_form.MAX_CHUNK_BYTES // 1024**2} MiB |",
        f"one publish | {publish.MAX_CHUNKS:,}, {publish.MAX_PUBLISH_BYTES // 1024**2} MiB |".replace(
            ",", " ", 1
        ),
        f"| {publish.MAX_TEXT['author']}, {publish.MAX_TEXT['message']}, {publish.MAX_TEXT['publish_id']} characters |",
        f"| {nodes.MAX_NODES:,}; a node counts for {nodes.LIVE_MS // 1000} s".replace(",", " "),
        f"| connections of one process to one server | {topologies.MAX_CONNECTIONS} |",
        f"silent for {feed._QUIET_S:g} s",
        f"({embedded.MAX_SOCKET_PATH} bytes" if embedded.MAX_SOCKET_PATH == 107 else "103 on macOS",
    ):
        assert row in page, row


def test_every_outcome_and_reason_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for reason in ("store_empty", "store_behind", "store_foreign", "reader_too_old"):
        assert f"`{reason}`" in page
    for outcome in (
        "published N",
        "already published N",
        "unchanged N",
        "conflict N",
        "behind N",
        "unknown, check N",
    ):
        assert f"| {outcome} |" in page
