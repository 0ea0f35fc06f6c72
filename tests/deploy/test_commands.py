"""Every container command of the manifests, as a process with its variables, until its probes answer; in the order in
which a cluster would get there, with the store's accounts on."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.containers import Container
from tests.support.kubernetes_api import FakeKubernetes
from tests.support.manifests import Thing, installed, one
from tests.support.ports import free_port
from tests.support.servers import server_folder, valkey_binary
from tests.support.wait import wait_until
from tests.support.weir_up import environment

pytestmark = pytest.mark.xdist_group("deploy")
RULE = 'rule hello {\n    when path == "/hello"\n    respond 200 "from the cluster"\n}\n'
AS_A_POD = """
import sys
from pathlib import Path
from scripts.deployment import kubernetes
kubernetes.here.__defaults__ = (Path(sys.argv.pop(1)),)
from scripts.main import main
sys.exit(main(sys.argv[1:]))
"""
"""The folder of the account is the test's; the rest is the command itself."""


class Rollout:
    """``kubectl apply -f install.yaml``, and what the kubelet makes of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.things = installed()
        self.api = FakeKubernetes()
        self.port = free_port()
        self.containers: dict[str, Container] = {}
        self.store: subprocess.Popen[bytes] | None = None

    def make_secrets(self) -> str:
        """The Job."""
        spec = self._pod("Job", "weir-init")["containers"][0]
        account = self.api.account(self.folder / "account")
        command = [sys.executable, "-P", "-c", AS_A_POD, str(account), *spec["args"]]
        variables = {**environment(), **self.api.environ}
        done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        for name, secret in self.api.secrets.items():
            (self.folder / name).mkdir(exist_ok=True)
            for key, value in secret["data"].items():
                path = self.folder / name / key
                path.write_bytes(base64.b64decode(value))
                path.chmod(0o600)
        return done.stdout

    def start_store(self) -> None:
        """Accounts first, then the server with the very arguments."""
        spec = self._pod("StatefulSet", "weir-store")
        self.folders = {
            "/etc/weir/store": self.folder / "weir-store",
            "/etc/weir/secrets": self.folder / "weir-secrets",
            "/accounts": self.folder / "accounts",
            "/data": self.folder / "data",
        }
        for name in ("accounts", "data"):
            (self.folder / name).mkdir()
        accounts = self._container(spec["initContainers"][0])
        done = accounts.run()
        assert done.returncode == 0, done.stderr
        server = spec["containers"][0]
        args = [accounts.moved(each) for each in server["args"]]
        args[args.index("--port") + 1] = str(self.port)
        assert server["command"] == ["valkey-server"]
        with (self.folder / "store.log").open("wb") as log:
            self.store = subprocess.Popen([str(valkey_binary()), *args, "--bind", "127.0.0.1"], stdout=log)

    def start(self, kind: str, name: str) -> Container:
        spec = self._pod(kind, f"weir-{name}")["containers"][0]
        self.containers[name] = self._container(spec, state=name).start()
        return self.containers[name]

    def close(self) -> None:
        for container in self.containers.values():
            container.stop()
        if self.store is not None:
            self.store.kill()
            self.store.wait()
        self.api.close()

    def _pod(self, kind: str, name: str) -> Thing:
        found: Thing = one(self.things, kind, name)["spec"]["template"]["spec"]
        return found

    def _container(self, spec: Thing, state: str = "none") -> Container:
        variables = (
            dict(one(self.things, "ConfigMap", "weir-settings")["data"]) if spec.get("envFrom") else {}
        )
        variables |= {each["name"]: self._value(each) for each in spec.get("env", ())}
        folders = {**self.folders, "/var/lib/weir": self.folder / "state" / state}
        return Container(spec["args"], variables, folders, f"127.0.0.1:{self.port}")

    def _value(self, variable: Thing) -> str:
        if "value" in variable:
            return str(variable["value"])
        if key := variable["valueFrom"].get("secretKeyRef"):
            return (self.folder / key["name"] / key["key"]).read_text()
        return {"metadata.name": "weir-edge-x1", "spec.nodeName": "machine-1"}[
            variable["valueFrom"]["fieldRef"]["fieldPath"]
        ]


@pytest.fixture(scope="module")
def rollout() -> Iterator[Rollout]:
    with server_folder() as folder:
        made = Rollout(folder)
        try:
            made.make_secrets()
            made.start_store()
            for kind, name in (("DaemonSet", "edge"), ("Deployment", "admin"), ("Deployment", "auth")):
                made.start(kind, name)
            yield made
        finally:
            made.close()


@pytest.mark.parametrize(
    ("kind", "name"), [("DaemonSet", "edge"), ("Deployment", "admin"), ("Deployment", "auth")]
)
def test_every_probe_answers_by_the_pods_address(rollout: Rollout, kind: str, name: str) -> None:
    spec = rollout._pod(kind, f"weir-{name}")["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in spec["ports"]}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        asked = spec[probe]["httpGet"]
        assert asked["port"] in ports
        rollout.containers[name].wait_for(asked["path"], "status" if asked["port"] == "status" else "")


def test_an_admin_gets_in_and_what_is_published_is_served(rollout: Rollout) -> None:
    admin, edge = rollout.containers["admin"], rollout.containers["edge"]
    done = admin.run("admin", "bootstrap")
    assert done.returncode == 0, done.stderr
    token = next(word for word in done.stdout.split() if word.startswith("weirt_"))
    (rollout.folder / "rules.weir").write_text(RULE)
    applied = admin.run(
        "apply", str(rollout.folder / "rules.weir"), "--yes", "--url", admin.address(), "--token", token
    )
    assert applied.returncode == 0, applied.stdout + applied.stderr
    wait_until(lambda: edge.answers("/hello") == (200, "from the cluster"), what="the published rule")
    ready: Any = json.loads(edge.answers("/readyz", "status")[1])
    assert ready["node"] == "weir-edge-x1" if "node" in ready else True


def test_tokens_are_issued_for_the_public_address(rollout: Rollout) -> None:
    auth = rollout.containers["auth"]
    auth.wait_for("/readyz")
    answer = httpx.get(
        f"{auth.address()}/.well-known/oauth-authorization-server", headers={"Host": "login.example.com"}
    )
    assert answer.json()["issuer"] == "https://login.example.com"


def test_every_process_tells_its_metrics(rollout: Rollout) -> None:
    begins = {
        "edge": "weir_store_up 1.0",
        "admin": "weir_admin_publishes_total",
        "auth": "weir_oauth_tokens_total",
    }
    for name, container in rollout.containers.items():
        address = f"{container.address('status')}/metrics" if name == "edge" else container.address("metrics")
        assert f"\n{begins[name]}" in httpx.get(address, headers={"Host": "10.1.2.3"}).text


def test_a_second_install_changes_no_secret(rollout: Rollout) -> None:
    before = {name: secret["data"] for name, secret in rollout.api.secrets.items()}
    assert rollout.make_secrets().count("left as it is") == 2
    assert {name: secret["data"] for name, secret in rollout.api.secrets.items()} == before


def test_the_store_refused_nobody_anything(rollout: Rollout) -> None:
    """No process met a command or a key that its account lacks."""
    for container in rollout.containers.values():
        assert "permission" not in container.said()
