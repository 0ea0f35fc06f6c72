"""The set of revoked ids, as the agent tells it."""

from __future__ import annotations

from typing import Any

import gevent
import msgspec
import pytest

from edge.auth import revoked as module
from edge.auth.revoked import SWEEP_S, Revoked
from edge.link.asks import Asks
from edge.link.credential_words import REVOKED_PARTS, revoked_part_of


class Worker:
    def __init__(self) -> None:
        self.link, self.now, self.changes = Asks(), 1000.0, 0
        self.revoked = Revoked(self.link, self._changed, lambda: self.now)

    def _changed(self) -> None:
        self.changes += 1

    def parts(self, *values: tuple[str, float], of: int = REVOKED_PARTS) -> None:
        for number in range(of):
            mine = [list(each) for each in values if revoked_part_of(each[0]) == number]
            self.link.news("revoked", {"part": number, "parts": REVOKED_PARTS, "values": mine})


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    monkeypatch.setattr(module, "WAIT_S", 0.01)
    return Worker()


def test_nothing_can_be_said_before_all_parts_were_told(worker: Worker) -> None:
    assert not worker.revoked.wait()
    for value in ("a", "b", "c"):  # what is added early is no part
        worker.link.news("revoked", {"add": [[value, 2000]]})
    worker.parts(of=REVOKED_PARTS - 1)
    assert not worker.revoked.wait()
    worker.parts()
    assert worker.revoked.wait()


def test_a_token_waits_for_the_first_word(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_S", 30)
    waiting = gevent.spawn(worker.revoked.wait)
    gevent.sleep(0)
    worker.parts()
    assert waiting.get(timeout=10) is True


def test_what_is_revoked_is_known_at_once_and_bumps_verdicts(worker: Worker) -> None:
    worker.parts(("a", 2000.0))
    before = worker.changes
    worker.link.news("revoked", {"add": [["b", 2000]]})
    assert worker.changes == before + 1
    assert [worker.revoked.holds(value) for value in ("a", "b", "c", "")] == [True, True, False, False]


def test_a_part_replaces_what_was_said_of_it(worker: Worker) -> None:
    worker.parts(("a", 2000.0), ("b", 2000.0))
    worker.parts(("b", 2000.0))
    assert not worker.revoked.holds("a")
    assert worker.revoked.holds("b")


def test_what_has_ended_is_forgotten(worker: Worker) -> None:
    worker.parts(("a", 1010.0), ("b", 5000.0))
    worker.now += SWEEP_S
    worker.link.news("revoked", {"add": []})
    assert len(worker.revoked) == 1
    assert worker.revoked.holds("b")


def test_beyond_the_bound_nothing_is_said_of_any_token(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forgetting one would make a revoked token good."""
    monkeypatch.setattr(module, "MAX_REVOKED", 3)
    worker.parts(*((str(number), 2000.0) for number in range(3)))
    assert worker.revoked.wait()
    worker.link.news("revoked", {"add": [["one more", 2000]]})
    assert not worker.revoked.wait()
    worker.parts()
    assert worker.revoked.wait()


@pytest.mark.parametrize("body", [None, [], {"part": "x"}, {"values": [["a"]]}, {"add": [[1, 2]]}])
def test_what_is_no_word_is_refused(worker: Worker, body: Any) -> None:
    with pytest.raises(msgspec.MsgspecError):
        worker.revoked.take(body)
