"""What a rule that requires a credential costs beside the same rule without. ``python benchmarks/auth.py``

One gateway, the same request with its credential through each rule in turn, so that only the rule differs. The
promises: with ``require key`` at least 0.85 of the throughput, with ``require token`` (a JWT of this cluster's own)
0.7, and in the steady state the store is asked nothing. ``--check`` exits 1 if one is not kept.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import redis

from benchmarks.side_by_side.gateways import weir
from benchmarks.side_by_side.measures import CONNECTIONS, Figures, Options, closed_loop
from benchmarks.side_by_side.process import ROOT, Failed, Gateway
from benchmarks.side_by_side.report import aligned, medians, ratio_text, ratios, rows
from benchmarks.side_by_side.rounds import Failures, Rounds, alternate, made
from benchmarks.side_by_side.services import http_service
from benchmarks.side_by_side.store import Store, redis_store
from benchmarks.side_by_side.work import Work
from weir.models.auth.records import ApiKey, Consumer, OAuthClient
from weir.models.auth.secret_text import new_secret
from weir.store.connect import connect
from weir.store.keys import Keys
from weir.store.record_kinds import CLIENTS, CONSUMERS, KEYS
from weir.store.records import Records

VARIED = str(ROOT / "benchmarks" / "side_by_side" / "varied.lua")
QUIET_CALLS = 0.001
"""Calls of the store for a request beyond those that the same rule without makes, where usage is told once a second:
none, but for chance."""
IDLE_S = 3
START_S = 60
WARM_UP_S = 1


class Case(NamedTuple):
    """A rule that requires something, and the one beside it that does not."""

    name: str
    require: str
    field: Callable[[Issuing], str]
    """The header field with the credential, which both get."""
    target: float | None
    """Least ratio of throughput; None: none is promised."""
    script: tuple[str, ...] = ()
    """Of wrk, with other paths; {} is the rule's prefix."""

    @property
    def path(self) -> str:
        return "/" + self.name.replace(" ", "-")


class Issuing:
    """Makes credentials in the store of a gateway that runs."""

    def __init__(self, store: Store, gateway: Gateway, run_file: Path) -> None:
        client, keys = connect(f"redis://127.0.0.1:{store.port}"), Keys(f"on-{gateway.port}")
        self._keys, self._clients = Records(client, keys, KEYS), Records(client, keys, CLIENTS)
        self._auth = _auth_of(run_file)
        made = Consumer(created_ms=1, name="acme", tags=("gold",), scopes=("orders:read", "orders:write"))
        Records(client, keys, CONSUMERS).create(made)

    def key(self) -> str:
        secret = new_secret("weir")
        self._keys.create(ApiKey(created_ms=1, id=secret.id, consumer="acme", hash=secret.hash()))
        return f"X-API-Key: {secret.text()}"

    def token(self) -> str:
        """Of ``weir auth``, by client credentials. Raises Failed where there is none."""
        if not self._auth:
            raise Failed("weir auth does not run, so there are no tokens")
        secret = new_secret("weirc")
        self._clients.create(
            OAuthClient(
                created_ms=1,
                id=secret.id,
                name="bench",
                consumer="acme",
                hash=secret.hash(),
                scopes=("orders:read",),
                access_s=3600,
            )
        )
        basic = base64.b64encode(f"{secret.id}:{secret.text()}".encode()).decode()
        asked = urllib.request.Request(
            f"{self._auth}/oauth2/token",
            urllib.parse.urlencode({"grant_type": "client_credentials"}).encode(),
            {"Authorization": f"Basic {basic}"},
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return f"Authorization: Bearer {json.load(answer)['access_token']}"


def _auth_of(run_file: Path) -> str:
    """Where ``weir auth`` is: the edge answers before everything has started."""
    ends = time.monotonic() + START_S
    while time.monotonic() < ends:
        if run_file.exists() and (auth := json.loads(run_file.read_text()).get("auth")):
            return str(auth)
        time.sleep(0.05)
    return ""


CASES = (
    Case("key", "key", Issuing.key, 0.85),
    Case("key other paths", "key", Issuing.key, None, ("-s", VARIED, "--", "{}")),
    Case("jwt", "token", Issuing.token, 0.7),
    Case("jwt other paths", "token", Issuing.token, None, ("-s", VARIED, "--", "{}")),
)


def main() -> int:
    arguments = _arguments()
    options = (
        Options(rounds=1, seconds=1) if arguments.quick else Options(arguments.rounds, arguments.seconds)
    )
    failures: Failures = {}
    cases = [case for case in CASES if case.name.split(" ")[0] in arguments.cases]
    try:
        found = measure(cases, options, failures)
    except Failed as error:
        print(f"weir failed: {error}", file=sys.stderr)
        return 1
    print(f"{options.rounds} rounds of {options.seconds} s, {CONNECTIONS} connections; medians")
    by_name = {name: medians(each) for name, each in found.items()}
    print(aligned(list(rows(by_name, ("per_second", "p50_ms", "p99_ms", "cpu_us", "store_calls")))))
    is_met = _compare(cases, found) and not failures
    return int(arguments.check and not is_met)


def measure(cases: list[Case], options: Options, failures: Failures) -> Rounds:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="weir-bench-")))
        port = stack.enter_context(http_service(made(folder / "service")))
        store = stack.enter_context(redis_store(made(folder / "store")))
        work = Work(port, store_port=store.port)
        gateway = stack.enter_context(weir.start(made(folder / "weir"), work, rules=_rules(cases, port)))
        issuing = Issuing(store, gateway, folder / "weir" / "state" / "run.json")
        ways: dict[str, Callable[[Options], Figures]] = {}
        for case in cases:
            field = case.field(issuing)
            for name, prefix in ((f"{case.name}: without", f"{case.path}/open"), (case.name, case.path)):
                ways[name] = _way(gateway, store, case, field, prefix)
        for way in ways.values():
            way(options._replace(seconds=WARM_UP_S))
        quiet = _calls_a_second(store)
        turns = [gateway._replace(name=name) for name in ways]
        found = alternate(turns, options.rounds, lambda each: ways[each.name](options), failures)
        for rounds in found.values():
            for figures in rounds:
                own = figures.pop("store_calls_s") - quiet
                figures["store_calls"] = max(0.0, own) / figures["per_second"]
        return found


def _rules(cases: list[Case], service_port: int) -> str:
    """Both of a case are alike but for ``require``."""
    rule = 'rule "{name}" {{ when path under "{path}"; {require}proxy http://127.0.0.1:{port} }}\n'
    return "".join(
        rule.format(name=case.name, path=case.path, require=f"require {case.require}; ", port=service_port)
        + rule.format(name=f"{case.name} open", path=f"{case.path}/open", require="", port=service_port)
        for case in cases
    )


def _way(gateway: Gateway, store: Store, case: Case, field: str, prefix: str) -> Callable[[Options], Figures]:
    script = tuple(each.format(prefix) if each == "{}" else each for each in case.script)
    loop = closed_loop(prefix, CONNECTIONS, "-H", field, *script)

    def way(options: Options) -> Figures:
        calls, began = _calls(store), time.monotonic()
        figures = loop(gateway, options)
        return {**figures, "store_calls_s": (_calls(store) - calls) / (time.monotonic() - began)}

    return way


def _calls(store: Store) -> int:
    """Commands that it has run since it started."""
    with redis.Redis(port=store.port) as client:
        return int(client.info("stats")["total_commands_processed"])


def _calls_a_second(store: Store) -> float:
    """While nothing is asked of the gateway: nodes tell of themselves, and follow what changes."""
    calls = _calls(store)
    time.sleep(IDLE_S)
    return (_calls(store) - calls) / IDLE_S


def _compare(cases: list[Case], found: Rounds) -> bool:
    """Whether every promise is kept."""
    kept = True
    for case in cases:
        over, under = found.get(case.name), found.get(f"{case.name}: without")
        if over is None or under is None:
            continue
        ratio, cpu = ratios(over, under, "per_second"), ratios(over, under, "cpu_us")
        assert ratio is not None
        assert cpu is not None
        promise = "" if case.target is None else f" (promised: {case.target})"
        print(f"{case.name}: throughput {ratio_text(ratio)}{promise}, CPU per request {ratio_text(cpu)}")
        calls = medians(over)["store_calls"] - medians(under)["store_calls"]
        kept = kept and (case.target is None or ratio[1] >= case.target) and calls <= QUIET_CALLS
    return kept


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The cost of a rule that requires a credential.")
    parser.add_argument("--check", action="store_true", help="exit 1 when a promise is not kept")
    parser.add_argument("--quick", action="store_true", help="a smoke run: its figures say nothing")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=4, help="of each round")
    parser.add_argument("--cases", nargs="+", choices=("key", "jwt"), default=["key", "jwt"])
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
