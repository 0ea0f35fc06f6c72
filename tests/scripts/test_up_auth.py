"""The authorization server of ``weir up``; that every setting reaches it is tested in ``test_up_settings``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scripts.up_auth import STOP_S, auth_child
from scripts.verbs.up import DESCRIPTION
from weir.processes.child import always
from weir.serving.gunicorn_app import GRACEFUL_S
from weir.settings.arguments import read_settings


def child(tmp_path: Path, **environ: str) -> Any:
    values = read_settings("up", "weir up", DESCRIPTION, [], environ)
    return auth_child(tmp_path, "redis://:secret@127.0.0.1:9/1", tmp_path / "ring", values, always)


def test_the_store_s_password_is_no_argument(tmp_path: Path) -> None:
    made = child(tmp_path)
    assert not any("secret@" in argument for argument in made.argv())
    assert made.environment["WEIR_REDIS"] == "redis://:secret@127.0.0.1:9/1"


def test_a_folder_of_its_name_is_not_run(tmp_path: Path) -> None:
    assert child(tmp_path).environment["PYTHONSAFEPATH"] == "1"


def test_its_last_requests_have_time(tmp_path: Path) -> None:
    assert child(tmp_path).stop_within_s == STOP_S > GRACEFUL_S
