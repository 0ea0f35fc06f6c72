"""The authorization server inside ``weir up``: its child."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from weir.processes.child import Child
from weir.settings.arguments import told

START_S = 60.0
STOP_S = 15.0
"""Longer than its workers have for their last requests."""


def auth_child(
    state: Path, store_url: str, secrets: Path, values: Mapping[str, Any], ready: Callable[[int], bool]
) -> Child:
    """Everything said to ``weir up`` that is the authorization server's, as flags, so that no variable decides
    otherwise."""
    rotation = f"{round(values['signing_rotation'] / 3600)}h"
    arguments = ["--state", str(state), "--secrets", str(secrets), "--signing-rotation", rotation]
    for name in ("auth", "auth_workers", "cluster"):
        arguments += ["--" + name.replace("_", "-"), str(values[name])]
    arguments += ["--auth-proxies", " ".join(values["auth_proxies"]) or "none"]
    return Child(
        name="auth",
        argv=lambda: [sys.executable, "-m", "auth", *arguments],
        # The store's address is not among the arguments, which everyone on the machine can read.
        environment=told(
            {
                "WEIR_REDIS": store_url,
                "WEIR_PUBLIC_URL": values["public_url"],
                "WEIR_AUTH_METRICS": str(values["auth_metrics"] or ""),
            }
        )
        | {"PYTHONSAFEPATH": "1"},
        ready=ready,
        ready_within_s=START_S,
        stop_within_s=STOP_S,
    )
