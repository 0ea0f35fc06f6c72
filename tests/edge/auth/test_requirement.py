"""Alternatives: the first that is shown decides, and every 401 says what would do."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.auth.requirement import METHODS, Requirements, identity_of
from edge.auth.services import AuthServices
from edge.link.asks import Asks
from tests.support.credentials import Credentials, name_of, request
from tests.support.in_process import InProcess
from weir.models.rule_clauses import Require
from weir.models.values import Requirement
from weir.rules.clauses.access import METHODS as WRITABLE

RULES = """
rule key { when path == "/key"; require key; respond 200 "in" }
rule anonymous { when path == "/anonymous"; require key or anonymous; respond 200 "in" }
rule none { when path == "/none"; require none; respond 200 "in" }
"""


@pytest.fixture
def edge(tmp_path: Path) -> InProcess:
    return InProcess(tmp_path, RULES)


@pytest.fixture
def services() -> AuthServices:
    return AuthServices(Asks(), lambda: 60.0)


def test_nobody_in_particular_may_pass_where_the_rule_says_so(edge: InProcess) -> None:
    assert edge.status(request("/anonymous")) == 200
    assert edge.status(request("/key")) == 401
    assert edge.status(request("/none")) == 200


@pytest.mark.parametrize(
    "field",
    [
        "X-API-Key: wrong",
        "X-API-Key:",
        "Authorization: Bearer weir_wrong",
        "Authorization: Bearer eyJhbGciOiJub25lIn0.e30.",
        "Authorization: Basic eDp5",
        "Authorization: Unheard-Of abc",
        "Authorization:",
    ],
)
def test_who_shows_anything_is_not_nobody(edge: InProcess, field: str) -> None:
    assert edge.status(request("/anonymous", field)) == 401


def test_a_field_that_connection_lists_is_shown_all_the_same(edge: InProcess) -> None:
    answer = request("/anonymous", "Authorization: Basic eDp5", "Connection: authorization")
    assert edge.status(answer) == 401


def test_a_revoked_key_does_not_become_nobody(edge: InProcess) -> None:
    credentials = Credentials().serve(edge.engine)
    key = credentials.key()
    assert edge.status(request("/anonymous", f"X-API-Key: {key}")) == 200
    del credentials.known[name_of(key)]
    credentials.drop(name_of(key))
    assert edge.status(request("/anonymous", f"X-API-Key: {key}")) == 401


def test_a_401_says_what_is_needed(edge: InProcess) -> None:
    answer = edge.ask(request("/key"))
    assert b'\r\nWWW-Authenticate: Bearer realm="weir"\r\n' in answer
    assert b"this needs an API key" in answer


def test_what_is_wrong_is_said_once_for_each_scheme(services: AuthServices) -> None:
    requirements = Requirements(Require(any_of=(Requirement("key"),)), services)
    assert requirements.accepted() == "an API key"
    assert not requirements.anonymous


def test_every_method_that_can_be_written_is_built_or_refused(services: AuthServices) -> None:
    for method in WRITABLE - {"anonymous"} - METHODS.keys():
        with pytest.raises(ValueError, match=f"require {method} is not built yet"):
            Requirements(Require(any_of=(Requirement(method),)), services)  # type: ignore[arg-type]


def test_rules_that_ask_the_same_share_what_is_compiled(services: AuthServices) -> None:
    one = Require(any_of=(Requirement("key", {"scope": "a", "tag": "b"}),))
    same = Require(any_of=(Requirement("key", {"tag": "b", "scope": "a"}),), comments=("why",))
    other = Require(any_of=(Requirement("key", {"scope": "a"}),))
    assert identity_of(one) == identity_of(same) != identity_of(other)
    kept = services.requirements(one)
    assert services.requirements(same) is kept
    assert services.requirements(other) is not kept


def test_what_no_rule_asks_any_more_is_forgotten(services: AuthServices) -> None:
    services.requirements(Require(any_of=(Requirement("key"),)))
    assert len(services._requirements) == 0
