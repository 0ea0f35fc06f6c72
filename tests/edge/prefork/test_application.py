"""gunicorn is told what it must be told."""

import subprocess
import sys
from pathlib import Path

from edge.prefork.application import GunicornOptions, gunicorn_settings

OPTIONS = GunicornOptions(binds=("127.0.0.1:0",), workers=3, versions=Path("/v"), agent_socket=None)


def test_one_shared_listener_and_no_control_socket() -> None:
    settings = gunicorn_settings(OPTIONS)
    assert settings["reuse_port"] is False
    assert settings["control_socket_disable"] is True
    assert (settings["workers"], settings["bind"]) == (3, ["127.0.0.1:0"])
    assert settings["worker_class"] == "edge.prefork.worker.EdgeWorker"


def test_it_says_when_it_listens() -> None:
    told: list[bool] = []
    options = GunicornOptions(
        binds=(), workers=1, versions=Path("/v"), agent_socket=None, on_ready=lambda: told.append(True)
    )
    gunicorn_settings(options)["when_ready"](object())
    assert told == [True]


def test_a_process_that_is_not_monkey_patched_is_refused() -> None:
    code = (
        "from pathlib import Path; from edge.prefork.application import GunicornOptions, run_gunicorn;"
        "run_gunicorn(GunicornOptions(binds=(), workers=1, versions=Path('/v'), agent_socket=None))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "patch_all() must come before" in done.stderr
