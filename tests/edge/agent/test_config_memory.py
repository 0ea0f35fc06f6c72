"""What was published is remembered over restarts; what cannot be read is no memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.agent.config_memory import ConfigMemory


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "node" / "published.json"


def test_nothing_is_remembered_at_first(path):
    assert not ConfigMemory(path).holds("h", "inc")


def test_a_published_content_is_remembered_for_its_store_only(path):
    ConfigMemory(path).remember("h", "inc")
    again = ConfigMemory(path)
    assert again.holds("h", "inc")
    assert not again.holds("other", "inc")
    assert not again.holds("h", "another")


def test_a_move_to_another_store_carries_the_memory_along(path):
    memory = ConfigMemory(path)
    memory.moved("b")
    assert not memory.holds("h", "b")
    memory.remember("h", "a")
    memory.moved("b")
    assert ConfigMemory(path).holds("h", "b")


def test_what_is_forgotten_is_published_again(path):
    memory = ConfigMemory(path)
    memory.remember("h", "a")
    memory.forget()
    assert not memory.holds("h", "a")
    assert not ConfigMemory(path).holds("h", "a")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"hash": 1}'])
def test_a_damaged_memory_is_no_memory(path, content):
    path.parent.mkdir()
    path.write_text(content)
    assert not ConfigMemory(path).holds("h", "a")
