"""The manifests: what they are made of fits together, is as restricted as it says, and names what exists."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from scripts.project.manifests import MANIFESTS, install, rendered
from tests.support.manifests import OVERLAYS, Thing, installed, kubectl, one, overlay, pods, source, things
from weir.settings.table import SETTINGS

VARIABLES = {setting.variable for setting in SETTINGS}
VERSIONS = ("1.35", "1.36", "1.37")
DRAIN_S = 5 + 5 + 30 + 10
"""Before SIGTERM, the delay, the longest end of open requests, and what gunicorn and the agent take around them."""


@pytest.fixture(scope="module")
def everything() -> list[Thing]:
    return installed()


def test_the_one_file_is_the_overlay_written_out() -> None:
    assert install(kubectl()) == (MANIFESTS / "install.yaml").read_text()


@pytest.mark.parametrize("name", OVERLAYS)
def test_an_overlay_is_made_of_what_there_is(name: str) -> None:
    made = overlay(name)
    assert {each["kind"] for each in made} >= {"DaemonSet", "Deployment", "Job", "NetworkPolicy", "Namespace"}
    assert not [
        spec for _, spec in pods(made) for c in every_container(spec) if c["image"] in ("weir", "valkey")
    ]
    assert {each["metadata"].get("namespace") for each in made} - {None} == {made_namespace(made)}
    check_names(made)


@pytest.mark.chaos
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", OVERLAYS)
def test_kubernetes_knows_every_field(name: str, version: str) -> None:
    """Half a minute for all, and a package of 108 MB."""
    validate = pytest.importorskip(
        "kubernetes_validate", reason="needs kubernetes-validate: make install-deploy"
    )
    for each in overlay(name):
        validate.validate(each, version, strict=True)


def test_names_that_are_used_exist(everything: list[Thing]) -> None:
    check_names(everything)


def check_names(everything: list[Thing]) -> None:
    """Secrets are made by the Job, and are not among the objects."""
    accounts = {each["metadata"]["name"] for each in everything if each["kind"] == "ServiceAccount"}
    settings = {each["metadata"]["name"] for each in everything if each["kind"] == "ConfigMap"}
    labels = [each["spec"]["template"]["metadata"]["labels"] for each, _ in pods(everything)]
    for _, spec in pods(everything):
        assert spec["serviceAccountName"] in accounts
        volumes = {volume["name"] for volume in spec.get("volumes", ())} | {"data"}
        for container in every_container(spec):
            assert {mount["name"] for mount in container.get("volumeMounts", ())} <= volumes
            assert {each["configMapRef"]["name"] for each in container.get("envFrom", ())} <= settings
            secrets = [
                each["valueFrom"].get("secretKeyRef")
                for each in container.get("env", ())
                if "valueFrom" in each
            ]
            assert {each["name"] for each in secrets if each} <= {"weir-store"}
    for each in everything:
        if each["kind"] in ("Service", "PodDisruptionBudget"):
            wanted = each["spec"]["selector"]
            wanted = wanted.get("matchLabels", wanted)
            assert any(wanted.items() <= found.items() for found in labels), each["metadata"]["name"]


def test_every_variable_is_a_setting(everything: list[Thing]) -> None:
    given = set(one(everything, "ConfigMap", "weir-settings")["data"])
    for _, spec in pods(everything):
        given |= {each["name"] for container in every_container(spec) for each in container.get("env", ())}
    assert given <= VARIABLES


def test_every_pod_is_as_restricted_as_can_be(everything: list[Thing]) -> None:
    labels = one(everything, "Namespace", "weir")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    for thing, spec in pods(everything):
        assert spec["enableServiceLinks"] is False
        assert spec["automountServiceAccountToken"] is (thing["kind"] == "Job")
        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not any("hostPath" in volume for volume in spec.get("volumes", ()))
        for container in every_container(spec):
            check_restricted(container)


def check_restricted(container: Thing) -> None:
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert set(container["resources"]["requests"]) == {"cpu", "memory"}
    assert "memory" in container["resources"]["limits"]
    assert not any("hostPort" in port for port in container.get("ports", ()))


def test_a_pod_has_the_time_that_its_end_takes(everything: list[Thing]) -> None:
    spec = one(everything, "DaemonSet", "weir-edge")["spec"]["template"]["spec"]
    edge = spec["containers"][0]
    said = {each["name"]: each.get("value") for each in edge["env"]}
    assert edge["lifecycle"]["preStop"]["exec"]["command"] == ["sleep", "5"]
    assert (said["WEIR_DRAIN_DELAY"], said["WEIR_DRAIN_TIMEOUT"]) == ("5s", "30s")
    assert spec["terminationGracePeriodSeconds"] >= DRAIN_S


def test_while_a_pod_is_replaced_two_run_on_a_machine_and_have_two_names(everything: list[Thing]) -> None:
    edge = one(everything, "DaemonSet", "weir-edge")["spec"]
    assert edge["updateStrategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    node = next(
        each for each in edge["template"]["spec"]["containers"][0]["env"] if each["name"] == "WEIR_NODE"
    )
    assert node["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"


def test_requests_keep_the_clients_address(everything: list[Thing]) -> None:
    assert one(everything, "Service", "weir-edge")["spec"]["externalTrafficPolicy"] == "Local"


def test_only_the_job_may_ask_the_api_and_only_for_secrets(everything: list[Thing]) -> None:
    assert {each["kind"] for each in everything} & {"ClusterRole", "ClusterRoleBinding"} == set()
    assert one(everything, "Role", "weir-init")["rules"] == [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},
        {
            "apiGroups": [""],
            "resources": ["secrets"],
            "resourceNames": ["weir-secrets", "weir-store"],
            "verbs": ["get"],
        },
    ]


def test_each_process_sees_its_own_keys_only(everything: list[Thing]) -> None:
    for name in ("edge", "admin", "auth"):
        kind = "DaemonSet" if name == "edge" else "Deployment"
        spec = one(everything, kind, f"weir-{name}")["spec"]["template"]["spec"]
        volume = next(each for each in spec["volumes"] if each["name"] == "secrets")["secret"]
        assert volume["items"] == [{"key": f"{name}.json", "path": f"{name}.json"}]
        assert volume["defaultMode"] == 0o440
        url = next(each for each in spec["containers"][0]["env"] if each["name"] == "WEIR_REDIS")
        assert url["valueFrom"]["secretKeyRef"] == {"name": "weir-store", "key": f"{name}-url"}


def test_without_a_store_of_ours_nothing_of_it_is_left() -> None:
    made = overlay("external-redis")
    assert not [each for each in made if each["metadata"]["name"] == "weir-store"]
    assert one(made, "Job", "weir-init")["spec"]["template"]["spec"]["containers"][0]["args"] == [
        "init",
        "--kubernetes",
    ]


def test_what_needs_the_machine_has_a_namespace_of_its_own() -> None:
    made = overlay("hostport")
    space = one(made, "Namespace", "weir-host")
    assert space["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "privileged"
    edge = one(made, "DaemonSet", "weir-edge")["spec"]
    assert edge["updateStrategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
    assert {"hostPort": 80, "containerPort": 8000, "name": "http"} in edge["template"]["spec"]["containers"][
        0
    ]["ports"]
    assert [volume for volume in edge["template"]["spec"]["volumes"] if "hostPath" in volume]


def test_the_overlay_of_the_documentation_is_all_in_one_namespace_and_behind_a_balancer(
    tmp_path: Path,
) -> None:
    folder = os.path.relpath(MANIFESTS, tmp_path)
    page, more = (source(f"docs/deploy/{name}.md").read_text() for name in ("kubernetes", "load-balancer"))
    overlay_of_yours = next(block for block in blocks(page) if "resources: [../nodeport]" in block)
    overlay_of_yours = overlay_of_yours.replace("../../", f"{folder}/").replace(
        "../nodeport", f"{folder}/overlays/nodeport"
    )
    (tmp_path / "kustomization.yaml").write_text(overlay_of_yours + next(iter(blocks(more))))
    made = things(rendered(tmp_path, kubectl()))
    assert {each["metadata"].get("namespace") for each in made if each["kind"] != "Namespace"} == {"weir"}
    service = one(made, "Service", "weir-edge")
    assert service["spec"]["type"] == "LoadBalancer"
    assert "service.beta.kubernetes.io/aws-load-balancer-proxy-protocol" in service["metadata"]["annotations"]
    assert one(made, "ConfigMap", "weir-settings")["data"]["WEIR_PROXY_PROTOCOL"] == "v2"
    assert one(made, "ServiceMonitor", "weir")


def blocks(page: str) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def every_container(spec: Thing) -> list[Thing]:
    return [*spec.get("initContainers", ()), *spec["containers"]]


def made_namespace(made: list[Thing]) -> str:
    return str(one(made, "Namespace", "weir")["metadata"]["name"])
