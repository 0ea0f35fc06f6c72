"""Everything that verdicts rest on ends those that are remembered."""

from __future__ import annotations

from pathlib import Path

from tests.support.credentials import Credentials, name_of, request
from tests.support.in_process import InProcess

RULES = 'rule a { when any; require key; respond 200 "in" }'


def test_a_drop_of_what_is_known_ends_remembered_verdicts(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, RULES)
    credentials = Credentials().serve(edge.engine)
    key = credentials.key()
    edge.ask(request("/", f"X-API-Key: {key}"))
    before = edge.engine.auth.generation
    credentials.drop("key:somebody-elses")
    assert edge.engine.auth.generation == before
    credentials.drop(name_of(key))
    assert edge.engine.auth.generation == before + 1
