"""Orders and answers survive the way over the disk; what is none is said."""

from __future__ import annotations

import pytest

from weir.processes.adoption import (
    Answer,
    Order,
    answer_file,
    order_file,
    read_answer,
    read_order,
    write_answer,
    write_order,
)


def test_nothing_is_there_at_first(tmp_path):
    assert read_order(tmp_path) is None
    assert read_answer(tmp_path) is None


def test_an_order_and_its_answer_are_read_as_written(tmp_path):
    write_order(tmp_path, Order("7", "store"))
    write_answer(tmp_path, Answer("7", False, "no"))
    assert read_order(tmp_path) == Order("7", "store")
    assert read_answer(tmp_path) == Answer("7", False, "no")


@pytest.mark.parametrize(
    "content", ["", "{", "{}", '{"id": "7", "side": "both"}', '{"id": 7, "side": "node"}']
)
def test_what_is_no_order_is_refused(tmp_path, content):
    order_file(tmp_path).write_text(content)
    with pytest.raises(ValueError, match="no order"):
        read_order(tmp_path)


@pytest.mark.parametrize("content", ["", "[]", '{"id": "7", "done": "yes", "text": ""}'])
def test_what_is_no_answer_is_none(tmp_path, content):
    answer_file(tmp_path).write_text(content)
    assert read_answer(tmp_path) is None
