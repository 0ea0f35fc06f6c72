"""The gunicorn child passes on what the supervisor was told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from edge.boot import GUNICORN_STOP_S
from edge.prefork import child as gunicorn_child
from edge.prefork.application import LAST_WORDS_S, GunicornOptions
from edge.prefork.child_arguments import ChildArguments
from edge.prefork.worker import END_S, NOTIFY_S
from edge.settings import EdgeSettings


def test_the_supervisor_waits_longer_than_gunicorn_and_gunicorn_longer_than_its_workers():
    assert END_S + NOTIFY_S < LAST_WORDS_S < GUNICORN_STOP_S


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


def test_bounds_of_clients_become_options(monkeypatch):
    given: list[GunicornOptions] = []
    monkeypatch.setattr(gunicorn_child, "run_gunicorn", given.append)
    flags = ["--head-timeout", "1s", "--keep-alive", "2m", "--body-timeout", "300ms", "--write-timeout", "4s"]
    flags += ["--drain-timeout", "30s", "--reload-timeout", "2h"]
    flags += ["--max-target", "1KiB", "--max-fields", "5", "--max-connections", "6"]
    flags += ["--max-connections-per-address", "0", "--proxy-protocol", "v1"]
    settings = EdgeSettings.from_arguments(["--redis", "redis://h:1", *flags], {})
    gunicorn_child.run(ChildArguments((5,), Path("/link"), settings))
    told = given[0]
    assert (told.head_timeout_s, told.keep_alive_s, told.body_timeout_s, told.write_timeout_s) == (
        1,
        120,
        0.3,
        4,
    )
    assert (told.drain_timeout_s, told.reload_timeout_s) == (30, 7200)
    assert (told.max_target, told.max_fields, told.worker_connections, told.per_address) == (1024, 5, 6, 0)
    assert told.proxy_protocol == ("v1",)


def test_open_files_are_allowed_as_far_as_may_be():
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (100, 200))\n"
        "from edge.prefork.child import allow_open_files as allow\n"
        "for wanted in (50, 150, 10_000):\n"
        "    allow(wanted); print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    code = "from weir import monkey; monkey.patch_all()\n" + code
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["100", "150", "200"]


def test_what_is_observed_becomes_options(monkeypatch):
    given: list[GunicornOptions] = []
    monkeypatch.setattr(gunicorn_child, "run_gunicorn", given.append)
    flags = ["--access-log-format", "combined", "--node", "n1", "--trace-ratio", "0.25"]
    flags += ["--otlp-endpoint", "http://c:4318", "--otlp-headers", "a=b"]
    settings = EdgeSettings.from_arguments(["--redis", "redis://h:1", *flags], {})
    gunicorn_child.run(ChildArguments((5,), Path("/link"), settings))
    told = given[0]
    assert (told.access_log_format, told.node, told.trace_ratio) == ("combined", "n1", 0.25)
    assert (told.otlp_endpoint, told.otlp_headers) == ("http://c:4318", {"a": "b"})
