"""What a person is being asked."""

from __future__ import annotations

import pytest

from tests.support.servers import RunningServer
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.oauth import questions as module
from weir.store.oauth.questions import Question, Questions

ASKED = Question(
    client="web", scopes=("openid",), redirect_uri="https://app.example.com/cb", state="s", challenge="c"
)


@pytest.fixture
def questions(client: Client, keys: Keys) -> Questions:
    return Questions(client, keys)


def test_a_question_is_answered_once(questions: Questions) -> None:
    asked = questions.ask("alice", ASKED)
    assert len(asked) <= module.MAX_ID
    assert questions.take("alice", asked) == ASKED
    assert questions.take("alice", asked) is None


def test_a_question_of_another_session_is_not_found_and_stays(questions: Questions) -> None:
    asked = questions.ask("alice", ASKED)
    assert questions.take("mallory", asked) is None
    assert questions.take("alice", asked) == ASKED


@pytest.mark.parametrize("invented", ["", "x", "x" * 65, "00000000000000.", "\u2603"])
def test_what_was_never_asked_is_not_found(questions: Questions, invented: str) -> None:
    questions.ask("alice", ASKED)
    assert questions.take("alice", invented) is None


def test_a_question_is_good_for_ten_minutes(
    questions: Questions, server: RunningServer, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = questions.ask("alice", ASKED)
    assert 0 < server.admin().pttl(keys.oauth_questions("alice")) <= module.LIFE_MS
    monkeypatch.setattr(module, "LIFE_MS", 0)
    assert questions.take("alice", asked) is None


def test_one_more_of_a_session_forgets_the_earliest(
    questions: Questions, server: RunningServer, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_OF_ONE", 2)
    for _ in range(5):
        newest = questions.ask("alice", ASKED)
    assert server.admin().hlen(keys.oauth_questions("alice")) == 2
    assert questions.take("alice", newest) == ASKED


def test_a_record_of_another_shape_is_said(questions: Questions, server: RunningServer, keys: Keys) -> None:
    asked = questions.ask("alice", ASKED)
    server.admin().hset(keys.oauth_questions("alice"), asked, b"\x01")
    with pytest.raises(StoreError, match="a request for authorization in the store cannot be read"):
        questions.take("alice", asked)
