"""What exchanges of a worker share."""

from pathlib import Path

from tests.support.in_process import InProcess


def test_request_ids_are_unique_and_of_one_length(tmp_path: Path) -> None:
    engine = InProcess(tmp_path, 'rule a { when any; respond 200 "" }').engine
    identities = {engine.new_request_id() for _ in range(1000)}
    assert len(identities) == 1000
    assert {len(identity) for identity in identities} == {32}


def test_after_drain_every_answer_closes_its_connection(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, 'rule a { when any; respond 200 "" }')
    assert b"Connection: close" not in edge.ask("/")
    edge.engine.drain()
    assert b"Connection: close" in edge.ask("/")
