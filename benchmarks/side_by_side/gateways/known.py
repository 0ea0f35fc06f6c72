"""All gateways that can be measured, in the order in which they are printed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from benchmarks.side_by_side import programs
from benchmarks.side_by_side.gateways import caddy, envoy, haproxy, nginx, nginx_lua, traefik, weir
from benchmarks.side_by_side.process import ROOT, Gateway
from benchmarks.side_by_side.programs import find, version_of
from benchmarks.side_by_side.work import Work

BASELINE, OURS = "nginx", "weir"
UNLIMITED = "weir-unlimited"
"""The same Weir over the same store, without the limit of the scenario."""


class Known(NamedTuple):
    name: str
    start: Callable[[Path, Work], AbstractContextManager[Gateway]]
    version: Callable[[], str]
    """Raises NotInstalled."""
    comes_from: str
    """Where somebody gets it, for the sentence that it is left out."""
    counts: bool = False
    """Whether it can count requests for a whole cluster, in Redis."""


def _lua_version() -> str:
    programs.lua_modules()
    return version_of(find("nginx"), "-v")


def _own_version() -> str:
    """With the commit, where it is known."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return f"{metadata.version('weir')} {commit.stdout.strip()}".strip()


KNOWN = (
    Known(BASELINE, nginx.start, lambda: version_of(find("nginx"), "-v"), "Debian: nginx"),
    Known("nginx-lua", nginx_lua.start, _lua_version, "Debian: libnginx-mod-http-lua", counts=True),
    Known("haproxy", haproxy.start, lambda: version_of(find("haproxy"), "-v"), "Debian: haproxy"),
    Known("caddy", caddy.start, lambda: version_of(find("caddy"), "version"), "Debian: caddy"),
    Known(
        "traefik",
        traefik.start,
        lambda: version_of(find("traefik"), "version"),
        "make install-bench",
        counts=True,
    ),
    Known("envoy", envoy.start, lambda: version_of(programs.envoy(), "--version"), "make install-bench"),
    Known(OURS, weir.start, _own_version, "make install", counts=True),
)


def installed() -> tuple[dict[str, str], dict[str, str]]:
    """Versions of those that can run here, and a sentence for each that can not."""
    versions, left_out = {}, {}
    for known in KNOWN:
        try:
            versions[known.name] = known.version()
        except programs.NotInstalled as missing:
            left_out[known.name] = f"{missing} is not installed ({known.comes_from})"
    return versions, left_out
