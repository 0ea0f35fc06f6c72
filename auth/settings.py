"""What ``weir auth`` was told: its flags and variables, checked, and the paths that follow from them."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from weir.processes.ports import Address
from weir.settings.arguments import SettingsError, read_settings

DESCRIPTION = (
    "Answers as an OAuth 2 authorization server over the store: applications get tokens, people sign in. "
    "`weir auth rotate-key` has a new key sign at once."
)


class AuthSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything is decided: paths are absolute."""

    state: Path
    redis: str
    cluster: str
    secrets: Path
    """The key ring."""
    auth: Address
    public_url: str
    """Empty: it is reached at its address only."""
    auth_workers: int
    auth_metrics: Address | None
    """None: nobody asks for metrics."""
    auth_proxies: tuple[str, ...]
    """Whose X-Forwarded-For is believed: addresses and CIDRs."""
    signing_rotation: float
    """Seconds."""

    @classmethod
    def from_arguments(cls, argv: Sequence[str], environ: Mapping[str, str]) -> AuthSettings:
        """Raises ``SettingsError``: one sentence."""
        values = read_settings("auth", "weir auth", DESCRIPTION, argv, environ)
        if not values["redis"]:
            raise SettingsError(
                "no store was given: use --redis URL (`weir up` brings a store and an authorization server)"
            )
        if values["secrets"] is None:
            raise SettingsError("no key ring was given: use --secrets FILE; it encrypts the signing keys")
        if not values["public_url"] and not is_loopback(values["auth"].host):
            raise SettingsError(
                f"--auth {values['auth']} is reached from elsewhere: say how with --public-url https://…"
            )
        values["state"] = values["state"].absolute()
        values["secrets"] = values["secrets"].absolute()
        return cls(**values)

    @property
    def directory(self) -> Path:
        """What this process keeps: its lock and its run file."""
        return self.state / "auth"

    @property
    def metrics(self) -> Path | None:
        """Where workers count together; None: nowhere."""
        return self.directory / "metrics" if self.auth_metrics else None

    @property
    def run_file(self) -> Path:
        return self.directory / "run.json"


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
