"""What ``weir adopt`` and the node agent say to each other: an order file and an answer file in the node's directory.

An order is a person's decision which side is right after the store was lost or replaced. Both files are written
whole (temporary file, rename); the agent removes the order when it has answered it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from weir.processes import run_file

Side: TypeAlias = Literal["store", "node"]


class Order(NamedTuple):
    """``id`` ties the answer to the order."""

    id: str
    side: Side


class Answer(NamedTuple):
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
    run_file.write(order_file(node_directory), order._asdict())


def write_answer(node_directory: Path, answer: Answer) -> None:
    """Raises ``OSError``."""
    run_file.write(answer_file(node_directory), answer._asdict())


def read_order(node_directory: Path) -> Order | None:
    """None without an order; ``ValueError`` if the file is no order, ``OSError`` if it cannot be read."""
    path = order_file(node_directory)
    # Asked first: an order that appears after a vain read must not count as a broken one.
    if not path.exists():
        return None
    content = run_file.read(path)
    match content:
        case {"id": str(order_id), "side": "store" | "node" as side}:
            return Order(order_id, side)
        case None if not path.exists():
            return None
        case _:
            raise ValueError(f"{path} is no order of weir adopt")


def read_answer(node_directory: Path) -> Answer | None:
    """None without an answer, or if the file is none. Raises ``OSError`` if it cannot be read."""
    content: Any = run_file.read(answer_file(node_directory))
    match content:
        case {"id": str(order_id), "done": bool(done), "text": str(text)}:
            return Answer(order_id, done, text)
        case _:
            return None
