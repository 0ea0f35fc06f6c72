"""``weir up``: the whole gateway as one supervised group: embedded store, demo service, edge, admin API, auth.

What a person can get wrong is found before anything starts (``up_parts``), or by the child that finds it, which says
it in a sentence and ends with exit code 2. The state directory outlives every stop; ``<state>/run.json`` has the
addresses.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path
from typing import Any

from scripts import gateway_file
from scripts.terminal.start_screen import Started, screen, style_for
from scripts.up_admin import admin_child, sign_in
from scripts.up_auth import auth_child
from scripts.up_parts import CannotStart, Demo, Parts, Store, prepare_parts, shown
from weir.processes import run_file
from weir.processes.child import Child
from weir.processes.group import KILLED, STOPPED, Group
from weir.processes.lock import StateHeld, StateUnusable, hold
from weir.processes.ports import CannotListen
from weir.settings.arguments import SettingsError, read_settings, told
from weir.store.errors import StoreAway, StoreError

HELP = "run everything: store, edge, admin API and a demo service"
DESCRIPTION = (
    "Runs the whole gateway: an embedded store, the edge, the admin API, the authorization server, and a demo "
    "service to try it with."
)

BAD_SET_UP = 2
STORE_STOP_S = 10.0
EDGE_STOP_S = 17.0
"""Beyond its drain delay and drain timeout; longer than the edge gives its own children together."""
EDGE_FLAGS = (
    "status", "workers", "node", "cluster", "max_fields", "max_connections", "max_connections_per_address",
    "auth_failures", "access_log", "access_log_format", "metrics_series", "otlp_endpoint",
)  # fmt: skip
EDGE_TIMES = (
    "head_timeout",
    "keep_alive",
    "body_timeout",
    "write_timeout",
    "drain_delay",
    "drain_timeout",
    "reload_timeout",
)
DEMO_STOP_S = 3.0

SAFE_PATH = {"PYTHONSAFEPATH": "1"}
"""A folder called "edge" where the person happens to stand is not the edge: not for its children either."""


EDGE_START_S = 300.0
"""Reading and checking a file of 100 000 rules takes a minute or two before the first of them is served."""


def run(arguments: list[str]) -> int:
    """0 after Ctrl-C or SIGTERM, 1 after too many deaths, 2 for bad input or set-up, 130 after a second Ctrl-C."""
    try:
        values = read_settings("up", "weir up", DESCRIPTION, arguments, os.environ)
        state: Path = values["state"].absolute()
        with ExitStack() as stack:
            stack.enter_context(hold(state))
            parts = prepare_parts(values, state, stack)
            run_file.remove(state / "run.json")
            stack.callback(run_file.remove, state / "run.json")
            code = group_of(parts, values).run()
    except (SettingsError, StateHeld, StateUnusable, CannotListen, StoreError, CannotStart) as error:
        say(str(error))
        return BAD_SET_UP
    if code in (STOPPED, KILLED):
        say(f"stopped; the state stays in {shown(state)}")
    return code


def say(line: str) -> None:
    print(f"weir up: {line}", file=sys.stderr, flush=True)


def group_of(parts: Parts, values: Mapping[str, Any]) -> Group:
    """In the order in which they need each other; they stop in the reverse one."""
    children = []
    if parts.store.embedded is not None:
        children.append(store_child(parts.store))
    if parts.demo is not None:
        children.append(demo_child(parts.demo))
    children.append(edge_child(parts, values))
    for name, child_of in (("admin", admin_child), ("auth", auth_child)):
        ready = is_running(parts.state / name / "run.json")
        children.append(child_of(parts.state, parts.store.url, parts.rings.whole, values, ready))
    return Group(children, say=say, on_ready=lambda: announce(parts, values["cluster"]))


def python(*arguments: str) -> list[str]:
    return [sys.executable, "-m", *arguments]


# The children


def store_child(store: Store) -> Child:
    embedded = store.embedded
    assert embedded is not None  # noqa: S101 - a store elsewhere has no child

    def ready(_pid: int) -> bool:
        try:
            embedded.wait_ready(0)
        except StoreAway:
            return False
        return True

    return Child(
        name="store",
        argv=lambda: embedded.argv,
        environment=embedded.environment,
        ready=ready,
        stop_within_s=STORE_STOP_S,
    )


def demo_child(demo: Demo) -> Child:
    descriptor = demo.listener.fileno()
    return Child(
        name="demo",
        argv=lambda: python("demo", "--fd", str(descriptor)),
        environment=SAFE_PATH,
        pass_fds=(descriptor,),
        stop_within_s=DEMO_STOP_S,
    )


def edge_child(parts: Parts, values: Mapping[str, Any]) -> Child:
    state = parts.state / "edge"
    arguments = edge_arguments(state, parts.rules, values)
    arguments += ["--secrets", str(parts.rings.edge)]
    headers = ",".join(f"{name}={value}" for name, value in values["otlp_headers"].items())
    # An embedded store has this node only, so all that is kept for the time without a store is this node's.
    if most := values["max_nodes"] or (1 if parts.store.embedded is not None else 0):
        arguments += ["--max-nodes", str(most)]
    return Child(
        name="edge",
        argv=lambda: python("edge", *arguments),
        # Not among the arguments, which everyone on the machine can read: they may hold a password.
        environment=told(
            {
                "WEIR_REDIS": parts.store.url,
                "WEIR_REDIS_COUNTERS": values["redis_counters"],
                "WEIR_OTLP_HEADERS": headers,
            }
        )
        | SAFE_PATH,
        ready=is_running(state / "run.json"),
        ready_within_s=EDGE_START_S,
        stop_within_s=values["drain_delay"] + values["drain_timeout"] + EDGE_STOP_S,
        forwards=(signal.SIGHUP, signal.SIGUSR1),
    )


def edge_arguments(state: Path, rules: Path | None, values: Mapping[str, Any]) -> list[str]:
    """Everything said to ``weir up`` that is the edge's: flags, so that no variable decides otherwise."""
    arguments = ["--state", str(state)]
    for address in values["edge"]:
        arguments += ["--edge", str(address)]
    for protocol in values["proxy_protocol"]:
        arguments += ["--proxy-protocol", protocol]
    for name in EDGE_FLAGS:
        if values[name] != "":
            arguments += ["--" + name.replace("_", "-"), str(values[name])]
    for name in EDGE_TIMES:
        arguments += ["--" + name.replace("_", "-"), f"{round(values[name] * 1000)}ms"]
    arguments += ["--trace-ratio", f"{values['trace_ratio']:.9f}"]
    arguments += ["--max-target", f"{values['max_target']}B"]
    if rules is not None:
        arguments += ["--config", str(rules)]
    return arguments


def is_running(path: Path) -> Callable[[int], bool]:
    """Ready: the run file is the child's own, not one left over from a killed one."""

    def ready(pid: int) -> bool:
        return (run_file.read(path) or {}).get("pid") == pid

    return ready


# When all are ready


def announce(parts: Parts, cluster: str) -> None:
    """Writes the addresses and shows the start screen."""
    edge = run_file.read(parts.state / "edge" / "run.json") or {}
    admin = run_file.read(parts.state / "admin" / "run.json") or {}
    auth = run_file.read(parts.state / "auth" / "run.json") or {}
    link = sign_in(parts.state, parts.store.url, cluster, say)
    started = Started(
        version=metadata.version("weir"),
        edge=tuple(edge.get("edge", ())),
        status=str(edge.get("status", "")),
        admin=str(admin.get("admin", "")),
        sign_in=str(admin.get("admin_url", "")) + link if link else "",
        auth=str(auth.get("issuer", "")),
        store=parts.store.text(),
        demo=f"http://{parts.demo.address.reachable()}" if parts.demo else "",
        rules=shown(parts.rules) if parts.rules else "",
        has_demo_rules=parts.has_demo_rules,
    )
    run_file.write(parts.state / "run.json", run_facts(parts, started) | {"auth": auth.get("auth")})
    print(screen(started, style_for(sys.stdout.isatty(), os.environ)), flush=True)
    if parts.demo and parts.rules and parts.has_demo_rules:
        warn_of_another_address(parts.rules, parts.demo)


def warn_of_another_address(rules: Path, demo: Demo) -> None:
    """The rules are the person's own by now, so nothing corrects them."""
    if not gateway_file.names_address(rules, demo.address):
        say(f"note: {shown(rules)} does not name {demo.address}, where the demo service is now")


def run_facts(parts: Parts, started: Started) -> dict[str, Any]:
    """No secret: everyone may read the file."""
    return {
        "pid": os.getpid(),
        "state": str(parts.state),
        "edge": list(started.edge),
        "status": started.status,
        "admin": started.admin,
        "store": started.store,
        "demo": started.demo or None,
        "config": str(parts.rules) if parts.rules else None,
    }
