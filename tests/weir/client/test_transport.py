"""What is sent again, what is given up, and what is then known: over real sockets."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.scripted_api import Says, ScriptedApi, problem
from tests.support.tls_pair import FOLDER
from weir.client.answer import Raw
from weir.client.errors import Away, BadAnswer, OutcomeUnknown
from weir.client.request import Prepared
from weir.client.transport import MAX_ANSWER, Transport, api_url, pause_before_another, trust

READ = Prepared("GET", "/api/v1/x", {})
WRITE = Prepared("PUT", "/api/v1/x", {}, b"1", "", True)
WRITE_WITH_ID = Prepared("PUT", "/api/v1/x?publish_id=p", {}, b"1", "p", True)
LOST = Says(0)


def transport(url: str, token: str = "", **options: object) -> Transport:
    return Transport(url, token, timeout_s=20.0, **options)  # type: ignore[arg-type]


def test_the_token_goes_along_and_an_answer_comes_as_it_is() -> None:
    with ScriptedApi(Says(418, b"no", "text/plain")) as api, transport(api.url, "weirt_secret") as sender:
        raw = sender.send(READ)
        assert (raw.status, raw.media, raw.content) == (418, "text/plain", b"no")
        assert api.asked[0].headers["authorization"] == "Bearer weirt_secret"


def test_a_redirect_is_not_followed() -> None:
    with (
        ScriptedApi(Says(302, b"", headers=(("Location", "/elsewhere"),))) as api,
        transport(api.url) as sender,
    ):
        assert sender.send(READ).status == 302
        assert len(api.asked) == 1


@pytest.mark.parametrize("prepared", [READ, WRITE_WITH_ID], ids=["a read", "a write with an id"])
def test_what_cannot_do_more_is_sent_again_until_it_is_answered(prepared: Prepared) -> None:
    away = problem(503, "store-away")
    with ScriptedApi(LOST, away, Says()) as api, transport(api.url) as sender:
        assert sender.send(prepared).status == 200
        assert len({asked.target for asked in api.asked}) == 1
        assert len(api.asked) == 3


def test_a_write_without_an_id_is_sent_once() -> None:
    with ScriptedApi(LOST) as api, transport(api.url) as sender:
        with pytest.raises(OutcomeUnknown, match="may have been made or not"):
            sender.send(WRITE)
        assert len(api.asked) == 1


def test_an_outcome_that_stays_unknown_is_told_with_the_id_to_ask_with() -> None:
    with ScriptedApi(LOST) as api, transport(api.url, retries=1) as sender:
        with pytest.raises(OutcomeUnknown) as unknown:
            sender.send(WRITE_WITH_ID)
        assert unknown.value.publish_id == "p"
        assert len(api.asked) == 2


def test_a_last_answer_is_given_as_it_is_but_not_where_an_earlier_try_may_have_done_it() -> None:
    away = problem(503, "store-away")
    with ScriptedApi(LOST, away) as api, transport(api.url, retries=1) as sender:
        assert sender.send(READ).status == 503
    with (
        ScriptedApi(LOST, away) as api,
        transport(api.url, retries=1) as sender,
        pytest.raises(OutcomeUnknown),
    ):
        sender.send(WRITE_WITH_ID)


def test_where_nobody_listens_nothing_was_done() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    for prepared in (READ, WRITE, WRITE_WITH_ID):
        with transport(url, retries=0) as sender, pytest.raises(Away, match=f"no admin API answers at {url}"):
            sender.send(prepared)


def test_an_answer_that_does_not_come_in_time_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Transport(url, "", timeout_s=0.2, retries=0) as sender, pytest.raises(Away, match="in time"):
            sender.send(READ)


def test_an_answer_is_bounded() -> None:
    api = ScriptedApi(Says(200, bytes(MAX_ANSWER + 1)))
    with api, transport(api.url) as sender, pytest.raises(BadAnswer, match="longer than"):
        sender.send(READ)


def test_a_certificate_that_is_not_trusted_is_said_with_what_to_do() -> None:
    with ScriptedApi(Says(), tls=True) as api:
        with transport(api.url, retries=0) as sender, pytest.raises(Away, match="--ca FILE"):
            sender.send(READ)
        with transport(api.url, ca=FOLDER / "ca.pem", retries=0) as sender:
            assert sender.send(READ).status == 200


@pytest.mark.parametrize(
    ("status", "asked", "pause"),
    [(503, "", 0.1), (503, "2", 2.0), (503, "6", None), (429, "1", 1.0), (429, "", None), (500, "", None)],
)
def test_patience_is_bounded(status: int, asked: str, pause: float | None) -> None:
    raw = Raw(status, {"retry-after": asked} if asked else {}, b"")
    assert pause_before_another(READ, raw, 0.1) == pause
    assert pause_before_another(WRITE, raw, 0.1) is None


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("https://weir.example.com/", "https://weir.example.com"),
        ("http://h:1/weir/api/v1/", "http://h:1/weir"),
    ],
)
def test_an_url_may_be_written_in_several_ways(text: str, url: str) -> None:
    assert api_url(text) == url


@pytest.mark.parametrize(
    "text", ["", "127.0.0.1:8001", "ftp://h", "http://", "http://h:99999", "http://u:p@h", "http://h?x=1"]
)
def test_what_is_no_url_of_an_api_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="admin API"):
        api_url(text)


def test_an_authority_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(ValueError, match="cannot be read as certificates"):
        trust(tmp_path / "ca.pem")
