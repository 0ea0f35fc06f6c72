from __future__ import annotations

from pathlib import Path

from admin_api.page import page
from tests.support.admin_example import OPERATIONS as EXAMPLES
from weir.api.operations import OPERATIONS

PROSE = (Path(__file__).parents[2] / "docs" / "admin-api.md").read_text(encoding="utf-8")


def test_every_operation_has_a_section() -> None:
    text = page()
    for operation in OPERATIONS:
        assert f"\n### {operation.id}\n\n`{operation.method} {operation.path}` · " in text


def test_a_section_says_what_is_taken_and_given() -> None:
    text = page(EXAMPLES)
    section = text.partition("### things.put\n")[2].partition("###")[0]
    assert "`PUT /things/{name}` · role editor" in section
    assert "* takes `Thing` or `text/plain` or `application/octet-stream`" in section
    assert "* needs `If-Match`, or `If-None-Match: *` for something new" in section
    assert "* may refuse with 412, 428" in section
    assert "| `limit` | integer 1 to 500. At most so many items. | `100` |" in section
    assert "| `tag` | list of string |  |" in section
    assert "* answers 200 with `text/event-stream`" in text


def test_the_introduction_names_the_bounds_of_the_code() -> None:
    from admin_api import accounts, kept, reading
    from weir.serving import gunicorn_app, worker
    from weir.store import access_tokens, audit, login_links, sessions
    from weir.store import record_kinds as kinds

    for row in (
        f"| query | {reading.MAX_QUERY} bytes, {reading.MAX_PARAMETERS} parameters |",
        f"| request head, idle connection | {gunicorn_app.HEAD_S} s |",
        f"| silence in a body or of a reader | {worker.SILENCE_S:g} s |",
        f"| connections of a worker | {gunicorn_app.MAX_CONNECTIONS} |",
        f"| after SIGTERM | {gunicorn_app.GRACEFUL_S} s for requests",
        f"| {access_tokens.MAX_TOKENS}, {sessions.MAX_SESSIONS}, {login_links.MAX_LINKS} |",
        f"| {spaced(kinds.CONSUMERS.most)}, {spaced(kinds.KEYS.most)}, {spaced(kinds.USERS.most)}; of one",
        f"of one consumer {kinds.MOST_OF_OWNER} keys |",
        f"| {spaced(kinds.CLIENTS.most)}, {kinds.ISSUERS.most}, {kinds.INITIALS.most} |",
        f"| records that one page of a filtered list looks at | {kept.MOST_LOOKED_AT} |",
        f"| passwords hashed at once | {accounts.MOST_HASHING} in each worker |",
        f"{audit.MAX_ENTRIES // 1000} 000 changes and {audit.MAX_REFUSED} refused",
    ):
        assert row in PROSE, row


def spaced(number: int) -> str:
    """``100 000``."""
    return f"{number:,}".replace(",", " ")
