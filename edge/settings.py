"""What ``weir edge`` was told: its flags and variables, checked, and the paths that follow from them."""

from __future__ import annotations

import importlib.util
import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from weir.processes.ports import Address
from weir.settings.arguments import SettingsError, read_settings
from weir.settings.values import NODE_NAME

DESCRIPTION = "Serves traffic by the rules in the store: gunicorn with its workers, and the node agent."


MAX_NODES = 8
"""Of a cluster, where nothing else is said."""


class EdgeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything is decided: paths are absolute, the node has a name, workers are a number above 0."""

    state: Path
    config: Path | None
    edge: tuple[Address, ...]
    status: Address
    redis: str
    redis_counters: str
    """Where limits and budgets count; the same as ``redis`` unless it was given."""
    secrets: Path | None
    """The key ring; None: what needs one is not kept."""
    workers: int
    node: str
    cluster: str
    max_nodes: int
    proxy_protocol: tuple[str, ...]
    """``off``, ``v1`` or ``v2``: one for each of ``edge``."""
    head_timeout: float
    """Seconds, as the three below."""
    keep_alive: float
    body_timeout: float
    write_timeout: float
    max_target: int
    """Bytes."""
    max_fields: int
    max_connections: int
    max_connections_per_address: int
    auth_failures: int
    """Wrong credentials of an address in a minute; 0: no limit."""
    drain_delay: float
    """Seconds, as the two below; 0: none."""
    drain_timeout: float
    reload_timeout: float
    access_log: str
    """``-`` (standard output), ``off`` or a file."""
    access_log_format: str
    """``json`` or ``combined``."""
    otlp_endpoint: str
    """Empty: no spans are recorded."""
    otlp_headers: dict[str, str]
    trace_ratio: float
    """0 to 1."""
    metrics_series: int
    """Of one family, at most."""

    @classmethod
    def from_arguments(cls, argv: Sequence[str], environ: Mapping[str, str]) -> EdgeSettings:
        """Raises ``SettingsError``: one sentence."""
        values = read_settings("edge", "weir edge", DESCRIPTION, argv, environ)
        if not values["redis"]:
            raise SettingsError("no store was given: use --redis URL (`weir up` brings a store of its own)")
        values["max_nodes"] = values["max_nodes"] or MAX_NODES
        values["redis_counters"] = values["redis_counters"] or values["redis"]
        if values["otlp_endpoint"] and not has_otlp():
            raise SettingsError(
                "--otlp-endpoint needs the extra `otel` (docs/tracing.md says how to install it)"
            )
        values["proxy_protocol"] = for_each_address(values["proxy_protocol"], len(values["edge"]))
        values["state"] = values["state"].absolute()
        values["config"] = values["config"].absolute() if values["config"] else None
        values["secrets"] = values["secrets"].absolute() if values["secrets"] else None
        values["workers"] = values["workers"] or cores()
        values["node"] = values["node"] or node_name(socket.gethostname())
        return cls(**values)

    @property
    def node_directory(self) -> Path:
        """What the agent keeps; private to the user it runs as."""
        return self.state / "node"

    @property
    def versions(self) -> Path:
        """The directory of ``VersionFiles``."""
        return self.node_directory / "version"

    @property
    def run_file(self) -> Path:
        """Where the real addresses are written."""
        return self.state / "run.json"


def for_each_address(protocols: tuple[str, ...], addresses: int) -> tuple[str, ...]:
    """One for all, or one for each. Raises ``SettingsError``."""
    if len(protocols) == 1:
        return protocols * addresses
    if len(protocols) != addresses:
        raise SettingsError(
            f"--proxy-protocol is given {len(protocols)} times and there are {addresses} --edge addresses; "
            "give it once for all, or once for each"
        )
    return protocols


def has_otlp() -> bool:
    """Whether the extra is installed."""
    try:
        return importlib.util.find_spec("opentelemetry.proto") is not None
    except ModuleNotFoundError:
        return False


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def node_name(host: str) -> str:
    """The host name as a node's name: what such a name cannot hold becomes a dash."""
    name = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "-" for letter in host
    )
    name = name[:63].strip("._-")
    return name if NODE_NAME.fullmatch(name) else "node"
