from __future__ import annotations

import pytest

from admin_api.bootstrap import bootstrap
from tests.support.servers import RunningServer
from weir.models.auth.secret_text import read_secret
from weir.store.access_tokens import AccessTokens
from weir.store.connect import Client
from weir.store.keys import Keys


def test_the_first_token_is_printed_once_and_is_an_admins(
    client: Client, store: RunningServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bootstrap(["--redis", store.url], {}) == 0
    said = capsys.readouterr()
    token = read_secret("weirt", said.out.strip())
    assert token is not None
    kept = AccessTokens(client, Keys("default")).get(token.id)
    assert kept is not None
    assert (kept.role, kept.name) == ("admin", "bootstrap")
    assert kept.expires_ms - kept.created_ms == 90 * 86_400_000


def test_a_second_one_needs_force(
    client: Client, store: RunningServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bootstrap(["--redis", store.url], {}) == 0
    capsys.readouterr()
    assert bootstrap([], {"WEIR_REDIS": store.url}) == 1
    said = capsys.readouterr()
    assert (said.out, said.err) == (
        "",
        "weir admin bootstrap: there is an admin's access token already; --force makes another one\n",
    )
    assert bootstrap(["--redis", store.url, "--force"], {}) == 0
    assert len(AccessTokens(client, Keys("default")).all()) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "no store was given"),
        (["--redis", "nonsense"], 2, "is no store address"),
        (["--redis", "redis://127.0.0.1:1"], 3, "the store does not answer"),
        (["--nonsense"], 2, "unrecognized arguments"),
    ],
)
def test_what_is_wrong_is_said(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bootstrap(arguments, {}) == code
    assert said in capsys.readouterr().err
