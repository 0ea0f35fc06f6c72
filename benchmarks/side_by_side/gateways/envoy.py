"""Envoy: a virtual host for each rule, in a route file that it follows; one worker thread."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.side_by_side import programs
from benchmarks.side_by_side.process import Gateway, replace, started, wait_ready
from benchmarks.side_by_side.work import HEADER, PATH, Work
from tests.support.ports import free_port

TYPES = "type.googleapis.com/envoy"
MANAGER = f"{TYPES}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
ROUTER = f"{TYPES}.extensions.filters.http.router.v3.Router"
MANY = 8192


@contextmanager
def start(folder: Path, work: Work) -> Iterator[Gateway]:
    port, file = free_port(), folder / "routes.json"
    file.write_text(json.dumps(routes(work)))
    (folder / "envoy.json").write_text(json.dumps(bootstrap(port, file, work)))
    own = ["--concurrency", "1", "--disable-hot-restart", "--log-level", "error"]
    command = [programs.envoy(), "-c", str(folder / "envoy.json"), *own]
    with started(command, folder) as process:
        wait_ready(process, port, folder, work.mark)
        yield Gateway(
            "envoy",
            port,
            process.pid,
            lambda wanted: replace(file, json.dumps(routes(wanted))),
        )


def bootstrap(port: int, file: Path, work: Work) -> dict[str, Any]:
    return {
        "node": {"id": "bench", "cluster": "bench"},
        "static_resources": {"listeners": [_listener(port, file)], "clusters": [_cluster(work)]},
    }


def _listener(port: int, file: Path) -> dict[str, Any]:
    source = {"path_config_source": {"path": str(file)}, "resource_api_version": "V3"}
    manager = {
        "@type": MANAGER,
        "stat_prefix": "downstream",
        "use_remote_address": True,
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "rds": {"route_config_name": "routes", "config_source": source},
        "http_filters": [{"name": "router", "typed_config": {"@type": ROUTER}}],
    }
    chain = {"filters": [{"name": "http", "typed_config": manager}]}
    return {"name": "downstream", "address": _address(port), "filter_chains": [chain]}


def _cluster(work: Work) -> dict[str, Any]:
    limits = {"max_connections": MANY, "max_pending_requests": MANY, "max_requests": MANY}
    endpoint = {"endpoint": {"address": _address(work.service_port)}}
    return {
        "name": "service",
        "connect_timeout": "1s",
        "type": "STATIC",
        "circuit_breakers": {"thresholds": [limits]},
        "load_assignment": {"cluster_name": "service", "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def routes(work: Work) -> dict[str, Any]:
    mark = {"header": {"key": HEADER, "value": work.mark}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
    proxy = {"match": {"prefix": "/"}, "route": {"cluster": "service", "timeout": "0s"}}
    everything = {
        "name": "all",
        "domains": ["*"],
        "routes": [{**proxy, "request_headers_to_add": [mark]}],
    }
    others = [
        {
            "name": host,
            "domains": [host],
            "routes": [{"match": {"prefix": PATH}, "direct_response": {"status": 200}}],
        }
        for host in work.hosts()
    ]
    resource = {
        "@type": f"{TYPES}.config.route.v3.RouteConfiguration",
        "name": "routes",
        "virtual_hosts": [*others, everything],
    }
    return {"version_info": f"{work.mark}-{work.rules}", "resources": [resource]}
