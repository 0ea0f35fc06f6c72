"""What the supervisor tells its children arrives as it was told."""

from __future__ import annotations

from pathlib import Path

from edge.prefork import child_arguments
from edge.settings import EdgeSettings

TOLD = ["--redis", "redis://127.0.0.1:1", "--state", "/s", "--node", "n1"]


def test_sockets_link_and_settings_arrive():
    arguments = child_arguments.read(child_arguments.write((5, 7), Path("/s/agent.sock"), TOLD), {})
    assert arguments.fds == (5, 7)
    assert arguments.link == Path("/s/agent.sock")
    assert arguments.settings == EdgeSettings.from_arguments(TOLD, {})


def test_what_came_from_the_environment_stays_there():
    environ = {"WEIR_REDIS": "redis://me:hunter2@h:1"}
    told = child_arguments.write((5,), Path("/s"), ["--state", "/s"])
    assert not any("hunter2" in word for word in told)
    assert child_arguments.read(told, environ).settings.redis == environ["WEIR_REDIS"]
