"""What each gateway is told, as text; that it does it is seen when it starts: it must set the header."""

import json
from pathlib import Path

import pytest

from benchmarks.side_by_side.gateways import caddy, envoy, haproxy, nginx, nginx_lua, traefik, weir
from benchmarks.side_by_side.gateways.known import KNOWN
from benchmarks.side_by_side.work import HEADER, Work

WORK = Work(service_port=9001, rules=2, mark="mark-b")
FOLDER = Path("/folder")

TEXTS = {
    "nginx": nginx.conf(FOLDER, nginx.servers(8001, WORK)),
    "nginx-lua": nginx_lua.http(FOLDER, 8001, WORK) + nginx_lua.table(WORK),
    "haproxy": haproxy.conf(FOLDER, 8001, WORK),
    "caddy": json.dumps(caddy.conf(8001, 8002, WORK)),
    "traefik": json.dumps([traefik.static(8001, FOLDER / "dynamic.yml"), traefik.routes(WORK)]),
    "envoy": json.dumps([envoy.bootstrap(8001, FOLDER / "routes.json", WORK), envoy.routes(WORK)]),
    "weir": weir.rules_text(WORK),
}


def test_every_gateway_that_is_known_is_looked_at() -> None:
    assert set(TEXTS) == {known.name for known in KNOWN}


@pytest.mark.parametrize("name", TEXTS)
def test_it_proxies_to_the_service_and_sets_the_header(name: str) -> None:
    assert "9001" in TEXTS[name]
    assert HEADER in TEXTS[name]
    assert "mark-b" in TEXTS[name]


@pytest.mark.parametrize("name", [name for name in TEXTS if name != "haproxy"])
def test_it_knows_every_rule(name: str) -> None:
    assert [host in TEXTS[name] for host in ("h0.example.com", "h1.example.com", "h2.example.com")] == [
        True,
        True,
        False,
    ]


def test_haproxy_has_its_hosts_in_a_map(tmp_path: Path) -> None:
    haproxy.write(tmp_path, 8001, WORK)
    assert (tmp_path / "hosts.map").read_text() == "h0.example.com /p\nh1.example.com /p\n"


LIMITED = WORK._replace(store_port=6001, limit=77)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (nginx_lua.http(FOLDER, 8001, LIMITED), '.allows(6001, "all:", "77")'),
        (
            json.dumps(traefik.routes(LIMITED)),
            '"average": 77, "period": "1s", "burst": 77, "redis": {"endpoints": ["127.',
        ),
        (json.dumps(traefik.routes(LIMITED)), '"middlewares": ["limit", "mark"]'),
        (weir.rules_text(LIMITED), "limit 77 per 1s by rule;"),
    ],
)
def test_a_limit_is_told_to_those_who_can_count_for_a_cluster(told: str, said: str) -> None:
    assert said in told


@pytest.mark.parametrize("name", TEXTS)
def test_without_a_limit_nothing_is_counted(name: str) -> None:
    assert "limit 0" not in TEXTS[name]
    assert "allows(" not in TEXTS[name]
    assert "rateLimit" not in TEXTS[name]


@pytest.mark.parametrize("name", TEXTS)
def test_it_listens_on_loopback_only(name: str) -> None:
    assert "0.0.0.0" not in TEXTS[name]
    assert "[::]" not in TEXTS[name]


def test_traefik_calls_nobody() -> None:
    said = traefik.static(8001, FOLDER / "dynamic.yml")["global"]
    assert said == {"checkNewVersion": False, "sendAnonymousUsage": False}
