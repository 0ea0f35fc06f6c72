"""compose.yaml: its parts fit together and use what exists, and its services start. No engine is asked to read it."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.containers import Container
from tests.support.manifests import source
from tests.support.ports import free_port
from tests.support.servers import server_folder, valkey_binary
from weir.settings.table import SETTINGS

COMPOSE: dict[str, Any] = yaml.safe_load(source("compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "weir"}


def mounts(service: dict[str, Any]) -> dict[str, str]:
    """Path in the container → volume."""
    return {volume.split(":")[1]: volume.split(":")[0] for volume in service.get("volumes", ())}


def test_there_are_a_store_two_nodes_and_one_of_everything_else() -> None:
    assert set(SERVICES) == {"init", "store", "edge-1", "edge-2", "admin", "auth", "demo"}
    assert {volume for service in SERVICES.values() for volume in mounts(service).values()} == set(
        COMPOSE["volumes"]
    )


def test_every_variable_is_a_setting() -> None:
    known = {setting.variable for setting in SETTINGS}
    given = {
        name.removesuffix("_FILE") for service in OURS.values() for name in service.get("environment", ())
    }
    assert given <= known


def test_nothing_is_written_but_volumes_and_nobody_has_a_privilege() -> None:
    for service in SERVICES.values():
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert "cap_add" not in service
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_each_process_has_its_own_secrets() -> None:
    for name in ("edge-1", "edge-2", "admin", "auth"):
        kind = name.partition("-")[0]
        assert mounts(SERVICES[name])["/etc/weir"] == f"{kind}-secrets"
        assert f"{kind}-secrets:/etc/weir:ro" in SERVICES[name]["volumes"]
    assert "whole-secrets" not in {
        volume for name in set(OURS) - {"init"} for volume in mounts(OURS[name]).values()
    }


def test_only_the_nodes_are_reached_from_elsewhere() -> None:
    for name, service in SERVICES.items():
        public = [port for port in service.get("ports", ()) if not port.startswith("127.0.0.1:")]
        assert len(public) == (1 if name.startswith("edge-") else 0)


@pytest.fixture
def volumes() -> Iterator[Path]:
    with server_folder() as folder:
        yield folder


@pytest.mark.chaos
def test_every_service_starts_and_is_well(volumes: Path) -> None:
    port = free_port()

    def container(name: str, state: str) -> Container:
        service = SERVICES[name]
        folders = {path: volumes / volume for path, volume in mounts(service).items()}
        folders["/var/lib/weir"] = volumes / state
        return Container(service["command"], service.get("environment", {}), folders)

    init = container("init", "none")
    args = [each.replace("store:6379", f"127.0.0.1:{port}") for each in init.args]
    args[args.index("--to") + 1] = str(volumes / "first")
    group = args.index("--group")
    done = init.run(*args[:group])  # the group is the container's
    assert done.returncode == 0, done.stderr
    for path, volume in mounts(SERVICES["init"]).items():
        (volumes / volume).symlink_to(volumes / "first" / path.rpartition("/")[2])
    command = [init.moved(each) for each in shlex.split(SERVICES["store"]["command"])]
    command = [each.replace("/accounts", str(volumes / "store-accounts")) for each in command]
    (volumes / "data").mkdir()
    command[command.index("--dir") + 1], command[command.index("--port") + 1] = (
        str(volumes / "data"),
        str(port),
    )
    store = subprocess.Popen(
        [str(valkey_binary()), *command[1:], "--bind", "127.0.0.1"], stdout=subprocess.DEVNULL
    )
    running: list[Container] = []
    try:
        for name in ("edge-1", "edge-2", "admin", "auth"):
            running.append(container(name, name).start())
        for each in running:
            which = "status" if each.args[0] == "edge" else ""
            each.wait_for("/healthz", which)
            each.wait_for("/readyz", which)
        assert running[2].run("admin", "bootstrap").returncode == 0
    finally:
        for each in running:
            each.stop()
        store.kill()
        store.wait()
