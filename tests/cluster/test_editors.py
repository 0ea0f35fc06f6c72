"""Fifty people edit at once, through two instances of the admin API: no edit is lost, each loser is told who won."""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.support.admin import AdminProcess
from tests.support.servers import server_folder, start_server

EDITORS = 50
PATIENCE_S = 0.5
"""At most so long somebody thinks who was told that another was faster; without, most tries are in vain."""
MOST_TRIES = 5 * EDITORS
"""Of one editor; each failed one means that another's edit went through."""


class Reply(NamedTuple):
    status: int
    etag: str
    text: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found


class Editor:
    """One connection to one instance."""

    def __init__(self, admin: AdminProcess) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(admin.url).netloc, timeout=120)
        self._token = admin.token

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Reply:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent |= {"Authorization": f"Bearer {self._token}", "Accept": "text/plain, application/json;q=0.5"}
        if body is not None:
            sent["Content-Type"] = "text/plain"
        self._connection.request(method, f"/api/v1{path}", body, sent)
        with self._connection.getresponse() as response:
            return Reply(response.status, response.headers.get("ETag", ""), response.read().decode())


@pytest.fixture(scope="module")
def admins() -> Iterator[tuple[AdminProcess, AdminProcess]]:
    with server_folder() as folder:
        server = start_server(folder / "store")
        one = AdminProcess(folder / "one", server.url)
        two = AdminProcess(folder / "two", server.url)
        yield one, two
        one.close()
        two.close()
        server.stop()


@pytest.fixture
def editors(admins: tuple[AdminProcess, AdminProcess]) -> list[Editor]:
    editors = [Editor(admins[number % 2]) for number in range(EDITORS)]
    reply = editors[0].ask("PUT", "/config", 'rule count { respond 200 "0" }\n', If_Match="*")
    assert reply.status == 200, reply.text
    return editors


def all_at_once(editors: list[Editor], edit: Callable[[int, Editor], Any]) -> list[Any]:
    together = threading.Barrier(len(editors))

    def begin(number: int) -> Any:
        together.wait(60)
        return edit(number, editors[number])

    with ThreadPoolExecutor(len(editors)) as pool:
        return list(pool.map(begin, range(len(editors))))


@pytest.mark.xdist_group("heavy")
def test_of_fifty_writes_upon_the_same_version_one_wins_and_all_others_are_told_which(
    editors: list[Editor],
) -> None:
    seen = editors[0].ask("GET", "/config")
    base = int(seen.etag.strip('"').partition("-")[0])
    replies = all_at_once(
        editors,
        lambda number, editor: editor.ask(
            "PUT",
            f"/config?message=by-{number}",
            f"rule mine{number} {{ respond 200 }}\n",
            If_Match=seen.etag,
        ),
    )
    won = [number for number, reply in enumerate(replies) if reply.status == 200]
    assert len(won) == 1
    assert replies[won[0]].json["number"] == base + 1
    for number, reply in enumerate(replies):
        if number not in won:
            assert (reply.status, reply.json["code"]) == (412, "stale")
            winner = reply.json["winner"]
            assert (winner["number"], winner["message"]) == (base + 1, f"by-{won[0]}")
            assert f"+rule mine{won[0]} {{ respond 200 }}" in reply.json["difference"]


@pytest.mark.xdist_group("heavy")
def test_fifty_editors_of_one_rule_lose_no_update(editors: list[Editor]) -> None:
    def count_up(number: int, editor: Editor) -> list[Reply]:
        random = Random(number)
        stale: list[Reply] = []
        for _ in range(MOST_TRIES):
            seen = editor.ask("GET", "/rules/count")
            found = re.search(r'"(\d+)"', seen.text)
            assert found is not None, seen.text
            text = f'rule count {{ respond 200 "{int(found[1]) + 1}" }}'
            reply = editor.ask("PUT", "/rules/count", text, If_Match=seen.etag)
            if reply.status == 200:
                return stale
            assert reply.status == 412, reply.text
            stale.append(reply)
            time.sleep(random.random() * PATIENCE_S)
        raise AssertionError("an editor never came through")

    stale = [reply for replies in all_at_once(editors, count_up) for reply in replies]
    assert editors[0].ask("GET", "/rules/count").text == f'rule count {{ respond 200 "{EDITORS}" }}\n'
    assert all(reply.json["winner"]["number"] for reply in stale)
    assert all(reply.json["difference"] for reply in stale)


@pytest.mark.xdist_group("heavy")
def test_fifty_editors_of_different_rules_do_not_disturb_each_other(editors: list[Editor]) -> None:
    def add(number: int, editor: Editor) -> int:
        text = f'rule r{number} {{ when path == "/{number}"; respond 200 }}'
        for _ in range(MOST_TRIES):
            reply = editor.ask("PUT", f"/rules/r{number}", text, If_None_Match="*")
            if reply.status == 200:
                return int(reply.json["number"])
            assert (reply.status, reply.json["code"]) == (503, "busy"), reply.text
        raise AssertionError("an editor never came through")

    before = editors[0].ask("GET", "/config").etag
    numbers = all_at_once(editors, add)
    first = int(before.strip('"').partition("-")[0]) + 1
    assert sorted(numbers) == list(range(first, first + EDITORS))
    text = editors[0].ask("GET", "/config").text
    assert all(f"rule r{number} " in text for number in range(EDITORS))
