"""The gunicorn child passes on what the supervisor was told."""

from __future__ import annotations

from pathlib import Path

from edge import gunicorn_child
from edge.boot import GUNICORN_STOP_S
from edge.child_arguments import ChildArguments
from edge.gunicorn_app import GunicornOptions
from edge.settings import EdgeSettings


def test_requests_have_time_to_end_before_the_supervisor_kills():
    assert gunicorn_child.GRACE_S < GUNICORN_STOP_S


def test_inherited_sockets_and_settings_become_options(monkeypatch):
    given: list[GunicornOptions] = []
    monkeypatch.setattr(gunicorn_child, "run_gunicorn", given.append)
    flags = ["--redis", "redis://h:1", "--state", "/s", "--workers", "3", "--access-log", "off"]
    settings = EdgeSettings.from_arguments(flags, {})
    gunicorn_child.run(ChildArguments((5, 7), Path("/link"), settings))
    options = given[0]
    assert options.binds == ("fd://5", "fd://7")
    assert (options.workers, options.access_log, options.agent_socket) == (3, "off", Path("/link"))
    assert options.versions == settings.versions
