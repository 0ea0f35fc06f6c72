"""``weir doctor``: looks at everything that usually goes wrong, and says what to do about it."""

from __future__ import annotations

import argparse
import os
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from scripts import diagnosis
from scripts.access_flags import DEFAULT_STATE
from scripts.api_command import Mistake, access_of, api_parser, sentences, show_json
from scripts.diagnosis import Finding
from scripts.rule_files import Unreadable
from scripts.terminal.exit_codes import AWAY, FINDINGS, FINE
from scripts.terminal.moments import now_ms
from scripts.terminal.start_screen import Style, style_for
from scripts.terminal.tables import printable
from weir.api.keys import AllKeysQuery
from weir.api.nodes import NodesQuery
from weir.client.access import NoAccess, login_file
from weir.client.client import Client
from weir.client.errors import ApiError, Away
from weir.processes import run_file
from weir.processes.ports import parse_address
from weir.settings.table import settings_of
from weir.settings.values import without_password
from weir.store.connect import Session, connect
from weir.store.embedded import live_server
from weir.store.errors import StoreError

HELP = "look for what usually goes wrong, and say what to do about it"
WITHIN_S = 5.0
MARKS = {"fine": "ok", "doubtful": "??", "wrong": "!!"}
COLOURS = {"fine": "\x1b[32m", "doubtful": "\x1b[33m", "wrong": "\x1b[31m"}


def run(arguments: list[str]) -> int:
    """0 all is well, 1 something is doubtful or wrong, 3 the API is away."""
    options = parser().parse_args(arguments)
    findings = list(look(options, os.environ))
    if options.json:
        show_json({"findings": findings})
    else:
        style = style_for(sys.stdout.isatty(), os.environ)
        print("\n".join(line for finding in findings for line in lines(finding, style)))
    if any(finding.about == "admin API" and finding.level == "wrong" for finding in findings):
        return AWAY
    return FINE if all(finding.level == "fine" for finding in findings) else FINDINGS


def parser() -> argparse.ArgumentParser:
    made = api_parser("doctor", "looks at the API, clocks, token, nodes, store, files and ports")
    made.add_argument(
        "--redis",
        default="",
        metavar="URL",
        help="store to look at (default: WEIR_REDIS, else that of --state)",
    )
    return made


def lines(finding: Finding, style: Style) -> Iterator[str]:
    mark = MARKS[finding.level]
    if style.bold:
        mark = f"{COLOURS[finding.level]}{mark}{style.plain}"
    yield f"{mark}  {printable(finding.about):<12} {printable(finding.text)}"
    if finding.hint:
        yield f"    {'':<12} {style.faint}→ {printable(finding.hint)}{style.plain}"


def look(options: argparse.Namespace, environ: Mapping[str, str]) -> Iterator[Finding]:
    state = Path(options.state or environ.get("WEIR_STATE", "").strip() or DEFAULT_STATE)
    yield from of_api(options, environ)
    yield from of_store(options.redis or environ.get("WEIR_REDIS", "").strip(), state)
    yield from of_files(state, login_file(environ))
    yield from of_ports(state)


def of_api(options: argparse.Namespace, environ: Mapping[str, str]) -> Iterator[Finding]:
    try:
        access = access_of(options, environ)
        client = Client.at(access, timeout_s=WITHIN_S, retries=1)
    except (Mistake, NoAccess, Unreadable, ValueError) as error:
        yield Finding("admin API", "wrong", str(error))
        return
    with client:
        try:
            began = time.monotonic()
            reply = client.call("sessions.current")
            milliseconds = (time.monotonic() - began) * 1000
            yield Finding(
                "admin API", "fine", f"{client.url} (from {access.source}) answers in {milliseconds:.0f} ms"
            )
            yield diagnosis.clocks(reply.date, time.time())
            yield diagnosis.token(reply.result, now_ms())
            page = client.nodes.list(NodesQuery(limit=1))
            yield from diagnosis.nodes(page, [*client.nodes.every(NodesQuery(limit=500))])
            # One page: of more keys than it looks at, the first by id.
            yield from diagnosis.keys(
                client.keys.list(AllKeysQuery(limit=500, state="expiring")).items, now_ms()
            )
        except Away as error:
            yield Finding("admin API", "wrong", str(error), "start it: weir up, or weir admin --redis URL")
        except ApiError as error:
            yield Finding("admin API", "doubtful", sentences(error)[0])


def of_store(url: str, state: Path) -> Iterator[Finding]:
    """Of an embedded store, the one that runs with this state directory."""
    try:
        if not url:
            server = live_server(state)
            if server is None:
                return
            url = server.url
        client = connect(url, timeout_s=WITHIN_S)
        try:
            with client.session("") as session:
                info: Mapping[str, Any] = session.call("INFO")
                yield from diagnosis.store(info, snapshots(session))
        finally:
            client.close()
    except StoreError as error:
        yield Finding(
            "store",
            "wrong",
            f"{without_password(url) or state}: {error}",
            "is it running, and is the address right?",
        )


def snapshots(session: Session) -> str | None:
    """When it saves; None where it does not say, as hosted servers do not."""
    try:
        answer = session.call("CONFIG", "GET", "save")
    except StoreError:
        return None
    pairs = answer.values() if isinstance(answer, dict) else answer[1::2]
    return "".join(value.decode() if isinstance(value, bytes) else str(value) for value in pairs)


def of_files(state: Path, login: Path) -> Iterator[Finding]:
    wanted = (
        ("state", state, 0o755),
        ("token file", state / "admin.token", 0o600),
        ("key ring", state / "secrets.json", 0o600),
        ("edge's ring", state / "edge-secrets.json", 0o600),
        ("embedded", state / "store", 0o700),
        ("login", login, 0o600),
    )
    for what, path, most in wanted:
        try:
            bits = path.stat().st_mode & 0o777
        except OSError:
            continue
        yield diagnosis.mode(what, str(path), bits, most)


def of_ports(state: Path) -> Iterator[Finding]:
    """Of a gateway that runs here, whether it answers; where none runs, whether its ports are free."""
    facts = run_file.read(state / "run.json")
    if facts is None or not is_alive(facts.get("pid")):
        yield from busy_ports()
        return
    auth = facts.get("auth")
    for name, url in (
        ("status", f"{facts.get('status')}/readyz"),
        *(("edge", url) for url in facts.get("edge", ())),
        *((("auth", f"{auth}/readyz"),) if auth else ()),
    ):
        try:
            status = httpx.get(url, timeout=WITHIN_S, trust_env=False).status_code
        except httpx.HTTPError as error:
            yield Finding(name, "wrong", f"{url} does not answer: {error}", "its log says why")
        else:
            is_ready = name == "edge" or status == 200
            yield Finding(name, "fine" if is_ready else "wrong", f"{url} answers {status}")


def busy_ports() -> Iterator[Finding]:
    """The defaults of ``weir up``."""
    for setting in settings_of("up"):
        if setting.name not in ("edge", "status", "admin", "auth", "demo"):
            continue
        address = parse_address(str(setting.default))
        with socket.socket() as probe:
            if probe.connect_ex((address.host, address.port)) == 0:
                yield Finding(
                    "port", "doubtful", f"{address} is taken, so weir up cannot start with its defaults",
                    f"end what has it, or say {setting.flag} {address.host}:0",
                )  # fmt: skip


def is_alive(pid: object) -> bool:
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
