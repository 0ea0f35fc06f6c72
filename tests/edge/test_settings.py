"""What the edge was told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from edge.settings import EdgeSettings, cores, node_name
from weir.settings.arguments import SettingsError

STORE = ["--redis", "redis://127.0.0.1:1"]


def test_everything_is_decided_by_default(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    settings = EdgeSettings.from_arguments(STORE, {})
    assert settings.state == tmp_path / ".weir"
    assert settings.node_directory == tmp_path / ".weir" / "node"
    assert settings.run_file == tmp_path / ".weir" / "run.json"
    assert [tuple(address) for address in settings.edge] == [("127.0.0.1", 8000)]
    assert tuple(settings.status) == ("127.0.0.1", 8003)
    assert settings.config is None
    assert settings.workers == cores() >= 1
    assert settings.cluster == "default"
    assert settings.node


def test_flags_are_taken():
    settings = EdgeSettings.from_arguments(
        [
            *STORE,
            "--state",
            "/s",
            "--config",
            "/c.weir",
            "--edge",
            "[::1]:0",
            "--edge",
            "http://127.0.0.1:9/",
        ],
        {"WEIR_WORKERS": "3", "WEIR_NODE": "n1", "WEIR_CLUSTER": "blue", "WEIR_ACCESS_LOG": "off"},
    )
    assert settings.state == Path("/s")
    assert settings.config == Path("/c.weir")
    assert [tuple(address) for address in settings.edge] == [("::1", 0), ("127.0.0.1", 9)]
    assert (settings.workers, settings.node, settings.cluster, settings.access_log) == (
        3,
        "n1",
        "blue",
        "off",
    )


def test_without_a_store_the_edge_says_what_to_do():
    with pytest.raises(SettingsError, match="use --redis URL"):
        EdgeSettings.from_arguments([], {})


def test_the_store_can_come_from_the_environment():
    assert EdgeSettings.from_arguments([], {"WEIR_REDIS": "unix:///run/s"}).redis == "unix:///run/s"


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("web-1.prod", "web-1.prod"),
        ("Bob's Mac", "Bob-s-Mac"),
        ("", "node"),
        ("-", "node"),
        ("a" * 80, "a" * 63),
    ],
)
def test_any_host_name_makes_a_node_name(host, name):
    assert node_name(host) == name


def test_a_proxy_protocol_is_for_all_addresses_or_one_for_each():
    two = [*STORE, "--edge", "127.0.0.1:1", "--edge", "127.0.0.1:2"]
    for flags, expected in ((["v1"], ("v1", "v1")), (["off", "v2"], ("off", "v2")), ([], ("off", "off"))):
        said = [word for flag in flags for word in ("--proxy-protocol", flag)]
        assert EdgeSettings.from_arguments([*two, *said], {}).proxy_protocol == expected
    assert EdgeSettings.from_arguments(two, {"WEIR_PROXY_PROTOCOL": "v2 off"}).proxy_protocol == ("v2", "off")
    with pytest.raises(SettingsError, match="given 3 times and there are 2"):
        EdgeSettings.from_arguments([*two, *(["--proxy-protocol", "v1"] * 3)], {})


def test_a_collector_needs_the_extra(monkeypatch):
    flags = ["--redis", "redis://h:1", "--otlp-endpoint", "http://localhost:4318"]
    assert EdgeSettings.from_arguments(flags, {}).otlp_endpoint == "http://localhost:4318"
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.setitem(sys.modules, "opentelemetry.proto", None)
    with pytest.raises(SettingsError, match=r"the extra .otel."):
        EdgeSettings.from_arguments(flags, {})
