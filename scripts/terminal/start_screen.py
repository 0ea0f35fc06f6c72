"""What ``weir up`` shows when everything is ready: where it is, and what to try next. Pure text."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import NamedTuple


class Started(NamedTuple):
    """What runs; empty text where it does not."""

    version: str
    edge: tuple[str, ...]
    """URLs."""
    status: str
    admin: str
    sign_in: str
    """A link that works once."""
    auth: str
    """The issuer of the authorization server."""
    store: str
    demo: str
    rules: str
    """The file that is followed."""
    has_demo_rules: bool


class Style(NamedTuple):
    """Escape sequences, or nothing where they would be noise."""

    bold: str = ""
    faint: str = ""
    plain: str = ""


COLOURED = Style("\x1b[1m", "\x1b[2m", "\x1b[0m")


def style_for(is_terminal: bool, environment: Mapping[str, str]) -> Style:
    """Plain in files and pipes, for NO_COLOR (no-color.org) and for terminals without colour."""
    if not is_terminal or environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        return Style()
    return COLOURED


def screen(started: Started, style: Style) -> str:
    lines = [
        f"{style.bold}weir {started.version} is up{style.plain} {style.faint}(Ctrl-C stops it){style.plain}",
        "",
    ]
    for name, value, remark in places(started):
        lines.append(
            f"  {name:<9}{style.bold}{value}{style.plain}  {style.faint}{remark}{style.plain}".rstrip()
        )
    lines += ["", *(f"  {line}" if line else "" for line in suggestions(started))]
    return "\n".join(lines) + "\n"


def places(started: Started) -> list[tuple[str, str, str]]:
    """Name, place, remark."""
    rows = [("gateway", url, "") for url in started.edge]
    rows.append(("status", f"{started.status}/readyz", "also /healthz and /metrics"))
    rows.append(("admin", started.admin, "the API; `weir status` asks it"))
    if started.sign_in:
        rows.append(("sign in", started.sign_in, "works once, within 15 minutes"))
    rows.append(("auth", started.auth, "OAuth 2: where applications get their tokens"))
    if started.rules:
        rows.append(("rules", started.rules, "edit and save: live within a second"))
    else:
        rows.append(("rules", "those in the store", "--config FILE follows a file"))
    if started.demo:
        rows.append(("demo", started.demo, "the service behind the demo rules"))
    rows.append(("store", started.store, ""))
    return rows


def suggestions(started: Started) -> list[str]:
    """Lines that work as they stand."""
    url = started.edge[0]
    if started.has_demo_rules:
        return [
            "Try",
            f"  curl {url}/",
            f"  curl {url}/hello",
            f"  curl {url}/api/users/7/posts/latest",
            f"  curl -N '{url}/stream?n=3'",
            f'Then change the sentence of rule "hello" in {started.rules}, save, and ask again.',
        ]
    if started.rules:
        rules = shlex.quote(started.rules)
        return [
            "Try",
            f"  curl -i {url}/",
            f"  weir check {rules}",
            f"  weir explain --file {rules} 'GET {url}/'",
        ]
    return ["Try", f"  curl -i {url}/", f"  curl {started.status}/readyz"]
