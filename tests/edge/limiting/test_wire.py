"""Both ends understand each other, and what nobody would say is refused."""

from typing import Any

import msgpack
import pytest

from edge.limiting.wire import (
    FULL,
    MAX_ITEMS,
    MAX_KEY,
    MAX_RETURNS,
    Answer,
    Item,
    Terms,
    question,
    read_answers,
    read_question,
)

TERMS = Terms("file/gold", "sliding", 100, 1000, 1, "share", 0)
ITEM = Item(TERMS, "10.0.0.1", 1, 3, False, 2.5)


def sent(body: Any) -> Any:
    return msgpack.unpackb(msgpack.packb(body))


def test_a_question_arrives_as_it_was_asked() -> None:
    items, returns = [ITEM, ITEM._replace(key="", optional=True)], [(7, 3)]
    assert read_question(sent(question(items, returns))) == (items, returns)


def test_answers_arrive_as_they_were_given() -> None:
    answers = [Answer("granted", 5, 9, 12.5, 80, 0.5), Answer(FULL, wait_s=0.1, retry_s=0.9)]
    assert read_answers(sent([list(each) for each in answers]), 2) == answers


@pytest.mark.parametrize("body", [None, [], [1], {"a": 1}, [["granted", 1, 1, 1, 1, 1, 1, 1, 1, 1]]])
def test_what_are_no_answers_is_none(body: Any) -> None:
    assert read_answers(body, 1) is None


@pytest.mark.parametrize(
    "item",
    [
        ITEM._replace(key="x" * (MAX_KEY + 1)),
        ITEM._replace(need=0),
        ITEM._replace(need=1.5),
        ITEM._replace(demand="much"),
        ITEM._replace(terms=TERMS._replace(most=0)),
        ITEM._replace(terms=TERMS._replace(window="odd")),
        ITEM._replace(terms=TERMS._replace(per_ms=0)),
        ITEM._replace(terms=TERMS._replace(identity=5)),
        ITEM._replace(terms=TERMS[:3]),
    ],
)
def test_an_item_out_of_range_is_refused(item: Item) -> None:
    with pytest.raises(ValueError):
        read_question(sent(question([item], [])))


@pytest.mark.parametrize("body", [None, 5, [], [[], [], []], [[], [["a", "b"]]], [[[1]], []]])
def test_what_is_no_question_is_refused(body: Any) -> None:
    with pytest.raises(ValueError):
        read_question(body)


def test_items_and_returns_are_bounded() -> None:
    assert len(read_question(question([ITEM] * MAX_ITEMS, [(1, 1)] * MAX_RETURNS))[0]) == MAX_ITEMS
    for items, returns in (([ITEM] * (MAX_ITEMS + 1), []), ([], [(1, 1)] * (MAX_RETURNS + 1))):
        with pytest.raises(ValueError, match="too many"):
            read_question(question(items, returns))
