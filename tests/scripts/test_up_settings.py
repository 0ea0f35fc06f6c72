"""What is said to ``weir up`` about the edge, the admin API or the authorization server reaches the one it is for."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from admin_api.settings import AdminSettings
from auth.settings import AuthSettings
from edge.settings import MAX_NODES, EdgeSettings
from scripts.up_admin import admin_child
from scripts.up_auth import auth_child
from scripts.up_parts import Parts, Rings
from scripts.verbs.up import DESCRIPTION, edge_child
from weir.processes.child import always
from weir.settings.arguments import read_settings
from weir.settings.table import SETTINGS

OWN = {"state", "config", "edge", "redis", "secrets"}
"""Decided by ``weir up``: of its own state, the file that it follows, a list, its store, what the edge may have."""
SAID = {
    "status": "127.0.0.1:9", "redis_counters": "redis://127.0.0.1:9/3", "workers": "3", "node": "a-node",
    "cluster": "b", "max_nodes": "5", "proxy_protocol": "v2", "head_timeout": "11s", "keep_alive": "12s",
    "body_timeout": "13s", "write_timeout": "1500ms", "max_target": "4KiB", "max_fields": "17",
    "max_connections": "18", "max_connections_per_address": "19", "drain_delay": "1s", "drain_timeout": "21s",
    "reload_timeout": "22s", "access_log": "off", "access_log_format": "combined",
    "otlp_endpoint": "http://127.0.0.1:9/v1/traces", "otlp_headers": "a=b,c=d", "trace_ratio": "0.25",
    "metrics_series": "23456", "auth_failures": "24",
}  # fmt: skip
URL = "redis://127.0.0.1:9/1"


def parts(tmp_path: Path, embedded: object = None) -> Parts:
    store = SimpleNamespace(url=URL, embedded=embedded)
    rings = Rings(tmp_path / "secrets.json", tmp_path / "edge-secrets.json")
    return Parts(tmp_path, cast("Any", store), rings, demo=None, rules=None, has_demo_rules=False)


def told(tmp_path: Path, *arguments: str, embedded: object = None) -> EdgeSettings:
    values = read_settings("up", "weir up", DESCRIPTION, list(arguments), {})
    child = edge_child(parts(tmp_path, embedded), values)
    argv = list(child.argv())
    return EdgeSettings.from_arguments(argv[argv.index("edge") + 1 :], dict(child.environment))


def test_every_setting_of_both_is_tried() -> None:
    assert {each.name for each in SETTINGS if {"up", "edge"} <= set(each.processes)} - OWN == set(SAID)


@pytest.mark.parametrize("name", SAID)
def test_a_setting_reaches_the_edge(tmp_path: Path, name: str) -> None:
    said = ["--" + name.replace("_", "-"), SAID[name]]
    direct = EdgeSettings.from_arguments(["--redis", URL, *said], {})
    assert getattr(told(tmp_path, *said), name) == getattr(direct, name)
    assert getattr(direct, name) != getattr(told(tmp_path), name)


ADMIN_SAID = {
    "admin": "127.0.0.1:9", "admin_url": "https://weir.example.com", "admin_workers": "3", "cluster": "b",
    "redis_counters": "redis://127.0.0.1:9/3", "admin_metrics": "127.0.0.1:9",
    "admin_proxies": "10.0.0.0/8 192.0.2.1",
}  # fmt: skip


def told_admin(tmp_path: Path, *arguments: str) -> AdminSettings:
    values = read_settings("up", "weir up", DESCRIPTION, list(arguments), {})
    child = admin_child(tmp_path, URL, tmp_path / "secrets.json", values, always)
    argv = list(child.argv())
    return AdminSettings.from_arguments(argv[argv.index("admin_api") + 1 :], dict(child.environment))


def test_every_setting_of_up_and_admin_is_tried() -> None:
    both = {each.name for each in SETTINGS if {"up", "admin"} <= set(each.processes)}
    assert both - {"state", "redis", "secrets"} == set(ADMIN_SAID)


@pytest.mark.parametrize("name", ADMIN_SAID)
def test_a_setting_reaches_the_admin_api(tmp_path: Path, name: str) -> None:
    said = ["--" + name.replace("_", "-"), ADMIN_SAID[name]]
    direct = AdminSettings.from_arguments(["--redis", URL, *said], {})
    assert getattr(told_admin(tmp_path, *said), name) == getattr(direct, name)
    assert getattr(direct, name) != getattr(told_admin(tmp_path), name)


AUTH_SAID = {
    "auth": "127.0.0.1:9", "public_url": "https://login.example.com", "auth_workers": "3", "cluster": "b",
    "signing_rotation": "7d", "auth_proxies": "10.0.0.0/8 192.0.2.1", "auth_metrics": "127.0.0.1:9",
}  # fmt: skip


def told_auth(tmp_path: Path, *arguments: str) -> AuthSettings:
    values = read_settings("up", "weir up", DESCRIPTION, list(arguments), {})
    child = auth_child(tmp_path, URL, tmp_path / "secrets.json", values, always)
    argv = list(child.argv())
    return AuthSettings.from_arguments(argv[argv.index("auth") + 1 :], dict(child.environment))


def test_every_setting_of_up_and_auth_is_tried() -> None:
    both = {each.name for each in SETTINGS if {"up", "auth"} <= set(each.processes)}
    assert both - {"state", "redis", "secrets"} == set(AUTH_SAID)


@pytest.mark.parametrize("name", AUTH_SAID)
def test_a_setting_reaches_the_authorization_server(tmp_path: Path, name: str) -> None:
    said = ["--" + name.replace("_", "-"), AUTH_SAID[name]]
    direct = AuthSettings.from_arguments(["--redis", URL, "--secrets", "s", *said], {})
    assert getattr(told_auth(tmp_path, *said), name) == getattr(direct, name)
    assert getattr(direct, name) != getattr(told_auth(tmp_path), name)


def test_the_edge_does_not_get_the_whole_key_ring(tmp_path: Path) -> None:
    assert told(tmp_path).secrets == tmp_path / "edge-secrets.json"
    assert told_auth(tmp_path).secrets == tmp_path / "secrets.json"
    assert told_admin(tmp_path).secrets == tmp_path / "secrets.json"


def test_an_embedded_store_has_one_node_unless_more_is_said(tmp_path: Path) -> None:
    assert told(tmp_path).max_nodes == MAX_NODES
    assert told(tmp_path, embedded=object()).max_nodes == 1
    assert told(tmp_path, "--max-nodes", "3", embedded=object()).max_nodes == 3


def test_what_children_are_told_is_not_denied_by_a_file_that_weir_up_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``weir up`` has read the file; its children inherit the variable that names it."""
    file = tmp_path / "store-url"
    file.write_text(URL)
    monkeypatch.setenv("WEIR_REDIS_FILE", str(file))
    values = read_settings("up", "weir up", DESCRIPTION, [], os.environ)
    child = admin_child(tmp_path, URL, tmp_path / "secrets.json", values, always)
    inherited = {**os.environ, **child.environment}
    assert AdminSettings.from_arguments(child.argv()[3:], inherited).redis == URL
