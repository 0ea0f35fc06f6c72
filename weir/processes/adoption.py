"""What ``weir adopt`` and the node agent say to each other: an order file and an answer file in the node's directory.

An order is a person's decision which side is right after the store was lost or replaced. Both files are written
whole (temporary file, rename); the agent removes the order when it has answered it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

import msgspec

from weir.processes import run_file

Side: TypeAlias = Literal["store", "node"]
T = TypeVar("T")


class Order(msgspec.Struct, frozen=True):
    """``id`` ties the answer to the order."""

    id: str
    side: Side


class Answer(msgspec.Struct, frozen=True):
    """``text`` is one sentence for the person who asked."""

    id: str
    done: bool
    text: str


def order_file(node_directory: Path) -> Path:
    return node_directory / "adopt"


def answer_file(node_directory: Path) -> Path:
    return node_directory / "adopt.answer"


def write_order(node_directory: Path, order: Order) -> None:
    """Raises ``OSError``."""
    run_file.write(order_file(node_directory), msgspec.structs.asdict(order))


def write_answer(node_directory: Path, answer: Answer) -> None:
    """Raises ``OSError``."""
    run_file.write(answer_file(node_directory), msgspec.structs.asdict(answer))


def read_order(node_directory: Path) -> Order | None:
    """None without an order; ``ValueError`` if the file is no order, ``OSError`` if it cannot be read."""
    path = order_file(node_directory)
    content = run_file.read(path)
    if content is None:
        if path.exists():
            raise ValueError(f"{path} is no order of weir adopt")
        return None
    return _read(content, Order)


def read_answer(node_directory: Path) -> Answer | None:
    """None without an answer, or if the file is none."""
    content = run_file.read(answer_file(node_directory))
    return None if content is None else _read(content, Answer)


def _read(content: Mapping[str, Any], kind: type[T]) -> T:
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        raise ValueError(f"no {kind.__name__.lower()} of weir adopt: {error}") from error
