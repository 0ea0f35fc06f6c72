"""What the Prometheus operator and Grafana are given: every process is scraped where it listens, and queries ask for
what exists. promtool reads the alerts and judges them over made-up series, where it is installed."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.project.manifests import MANIFESTS
from tests.support.manifests import Thing, installed, one, pods, source, things
from tests.support.parts import need

FOLDER = MANIFESTS / "components/monitoring"
PORTS = {"weir-edge": 8003, "weir-admin": 8005, "weir-auth": 8006}


def scraped() -> list[Thing]:
    return things((FOLDER / "scrape.yaml").read_text())


@pytest.mark.parametrize("name", PORTS)
def test_every_process_is_scraped_where_it_tells(name: str) -> None:
    service = one(scraped(), "Service", name)
    monitor = one(scraped(), "ServiceMonitor", "weir")["spec"]
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert [each["port"] for each in monitor["endpoints"]] == [service["spec"]["ports"][0]["name"]]
    thing, spec = next(
        (thing, spec) for thing, spec in pods(installed()) if thing["metadata"]["name"] == name
    )
    assert service["spec"]["selector"].items() <= thing["spec"]["template"]["metadata"]["labels"].items()
    ports = {port["name"]: port["containerPort"] for port in spec["containers"][0]["ports"]}
    assert ports[service["spec"]["ports"][0]["targetPort"]] == PORTS[name]


@pytest.mark.parametrize("name", PORTS)
def test_only_who_scrapes_reaches_that_port(name: str) -> None:
    port = one(scraped(), "Service", name)["spec"]["ports"][0]["targetPort"]
    policy = one(installed(), "NetworkPolicy", name)["spec"]
    let = [each["from"] for each in policy["ingress"] if {"port": port} in each["ports"]]
    assert let == [[{"namespaceSelector": {"matchLabels": {"weir.io/scrapes": "true"}}}]]


def test_what_listens_is_said_to_the_process() -> None:
    for name in ("admin", "auth"):
        spec = one(installed(), "Deployment", f"weir-{name}")["spec"]["template"]["spec"]
        said = {each["name"]: each.get("value") for each in spec["containers"][0]["env"]}
        assert said[f"WEIR_{name.upper()}_METRICS"] == f"0.0.0.0:{PORTS[f'weir-{name}']}"


def test_every_query_asks_for_a_metric_that_exists() -> None:
    page = source("docs/metrics.md").read_text() + source("docs/metrics-of-servers.md").read_text()
    known = set(re.findall(r"^\| `(weir_[a-z_]+)` \| (?:counter|gauge|histogram)", page, re.MULTILINE))
    asked = {metric for query in queries() for metric in re.findall(r"\bweir_[a-z_]+", query)}
    assert {name.split("_")[1] for name in asked} >= {"admin", "oauth", "requests"}
    assert {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked} <= known


def test_every_alert_says_what_it_means() -> None:
    names = [rule["alert"] for rule in alerts()]
    assert len(set(names)) == len(names)
    assert all(rule["annotations"].keys() == {"summary", "description"} and rule["for"] for rule in alerts())


def test_panels_lie_side_by_side() -> None:
    panels = json.loads((FOLDER / "dashboard.json").read_text())["panels"]
    taken = [(x, y) for panel in panels for x, y in fields(panel["gridPos"])]
    assert len(set(taken)) == len(taken)
    assert len({panel["id"] for panel in panels}) == len(panels)


def fields(place: dict[str, int]) -> list[tuple[int, int]]:
    return [(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])]


def test_prometheus_reads_every_query_and_alerts_when_it_should(tmp_path: Path) -> None:
    promtool = need("promtool")
    # Queries of panels as rules, so that the same program reads them; Grafana fills in the interval.
    shown = [
        {"record": f"panel_{n}", "expr": query.replace("$__rate_interval", "1m")}
        for n, query in enumerate(queries())
    ]
    groups = [*rules()["groups"], {"name": "panels", "rules": shown}]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": groups}))
    cases = source("tests/deploy/alerts.yaml").read_text()
    (tmp_path / "cases.yaml").write_text(cases)
    for command in (["check", "rules", "rules.yaml"], ["test", "rules", "cases.yaml"]):
        done = subprocess.run([promtool, *command], cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
    assert fired(cases) == {rule["alert"] for rule in alerts()}


def fired(cases: str) -> set[str]:
    """Alerts that fire in some case."""
    return {
        each["alertname"]
        for case in yaml.safe_load(cases)["tests"]
        for each in case["alert_rule_test"]
        if each["exp_alerts"]
    }


def rules() -> Any:
    return yaml.safe_load((FOLDER / "alerts.yaml").read_text())["spec"]


def alerts() -> list[Any]:
    return [rule for group in rules()["groups"] for rule in group["rules"]]


def queries() -> list[str]:
    board = json.loads((FOLDER / "dashboard.json").read_text())
    shown = [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]
    return [*shown, *(rule["expr"] for rule in alerts())]
