"""What ``weir admin`` was told: its flags and variables, checked, and the paths that follow from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from weir.processes.ports import Address
from weir.settings.arguments import SettingsError, read_settings

DESCRIPTION = (
    "Answers the admin API over the store: for the weir command, scripts, CI and the dashboard. "
    "`weir admin bootstrap` makes the first access token."
)


class AdminSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything is decided: paths are absolute, workers are a number above 0."""

    state: Path
    redis: str
    redis_counters: str
    """Where nodes count together; the same as ``redis`` unless it was given."""
    secrets: Path | None
    """The key ring; None: what would have to be encrypted is refused."""
    cluster: str
    admin: Address
    admin_url: str
    """Empty: nobody reaches it by another name than its address."""
    admin_workers: int
    admin_proxies: tuple[str, ...]
    """Whose X-Forwarded-For is believed: addresses and CIDRs."""
    admin_metrics: Address | None
    """None: nobody asks for metrics."""

    @classmethod
    def from_arguments(cls, argv: Sequence[str], environ: Mapping[str, str]) -> AdminSettings:
        """Raises ``SettingsError``: one sentence."""
        values = read_settings("admin", "weir admin", DESCRIPTION, argv, environ)
        if not values["redis"]:
            raise SettingsError(
                "no store was given: use --redis URL (`weir up` brings a store and an admin API)"
            )
        values["redis_counters"] = values["redis_counters"] or values["redis"]
        values["state"] = values["state"].absolute()
        values["secrets"] = values["secrets"].absolute() if values["secrets"] else None
        return cls(**values)

    @property
    def directory(self) -> Path:
        """What this process keeps: its lock and its run file. Beside what an edge with the same state keeps."""
        return self.state / "admin"

    @property
    def metrics(self) -> Path | None:
        """Where workers count together; None: nowhere."""
        return self.directory / "metrics" if self.admin_metrics else None

    @property
    def run_file(self) -> Path:
        return self.directory / "run.json"
