"""A worker's questions about credentials to a real agent, and the news that it hears of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from edge.agent.credentials.cache import decode
from tests.support.node_agent import FakeWorker
from tests.support.wait import wait_until

NUMBERS = count(1)


def ask(worker: FakeWorker, id_: str, kind: str = "key") -> Any:
    """The agent's answer."""
    return ask_all(worker, [id_], kind)[0]


def ask_all(worker: FakeWorker, ids: Sequence[str], kind: str = "key") -> list[Any]:
    """At once; as many as fit into a frame."""
    wait_until(lambda: worker.is_met, what="a worker that is connected")
    numbers = [next(NUMBERS) for _ in ids]
    items = [
        [number, "credential", {"kind": kind, "id": id_}] for number, id_ in zip(numbers, ids, strict=True)
    ]
    heard = len(worker.heard)
    worker.send({"kind": "asks", "items": items})
    answers: dict[int, Any] = {}

    def answered() -> bool:
        replies = [said["items"] for said in worker.heard[heard:] if said["kind"] == "replies"]
        answers.update(item for items in replies for item in items)
        return answers.keys() >= set(numbers)

    wait_until(answered, what="the answers")
    return [answers[number] for number in numbers]


def consumer_of(answer: Any) -> Any:
    """None: there is no such credential, or it cannot be known."""
    return decode(answer["verifier"]).consumer if answer and answer["verifier"] is not None else None


def news(worker: FakeWorker, topic: str) -> list[Any]:
    return [said["body"] for said in worker.heard if said.get("topic") == topic]


def is_dropped(worker: FakeWorker, name: str) -> Callable[[], bool]:
    return lambda: any(name in body["drop"] for body in news(worker, "credentials"))
