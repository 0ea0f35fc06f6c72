"""What it takes to change a large configuration over the admin API. ``python benchmarks/apply.py [--check] [--quick]``

A real ``weir up`` with two workers. Prints seconds from ``PUT /config`` of 10 000 rules until every worker serves them
(sent, read, checked, compared, published, fetched, compiled), and of changes of one rule on top of it: within the whole
text, within the whole JSON form, and by itself. What every worker serves is asked of the workers, by requests that must
be answered by the new version. ``--check`` exits 1 if the first takes more than 8 s or one of the others 1 s or more;
``--quick`` takes 500 rules.
"""

from __future__ import annotations

import http.client
import json
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.weir_up import WeirUp

RULES, QUICK_RULES = 10_000, 500
WORKERS = 2
FIRST_S, CHANGE_S = 8.0, 1.0
CHANGES = 5
"""Of each kind; what is printed is the middle and the worst one."""
WITHIN_S = 120.0
SHARED = "".join(
    f"upstream u{number} {{ target http://127.0.0.1:{9000 + number} }}\n" for number in range(10)
)


def rules(size: int, marks: dict[int, str]) -> str:
    """Rules of ``respond``; those in ``marks`` answer with their mark."""
    return SHARED + "".join(
        f'rule r{number} {{\n    when host == "h{number // 10}.example.com" and path under "/s{number}"\n'
        f'    respond 200 "{marks.get(number, "first")}"\n}}\n'
        for number in range(size)
    )


class Gateway:
    """A running ``weir up`` and one connection to its admin API."""

    def __init__(self, up: WeirUp) -> None:
        self._up = up
        self._admin = http.client.HTTPConnection(urlsplit(up.addresses["admin"]).netloc, timeout=WITHIN_S)
        self._token = (up.state / "admin.token").read_text().strip()

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[str, str]:
        """The answer's ETag and text."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Authorization"] = f"Bearer {self._token}"
        self._admin.request(method, f"/api/v1{path}", body.encode() or None, sent)
        with self._admin.getresponse() as response:
            text = response.read().decode()
            if response.status != 200:
                raise RuntimeError(f"{method} {path} was answered {response.status}: {text[:2000]}")
            return response.headers.get("ETag", ""), text

    def write(self, path: str, body: str, media: str, tag: str) -> tuple[str, int]:
        """New tag and number of the version."""
        etag, text = self.ask("PUT", path, body, Content_Type=media, If_Match=tag)
        return etag, json.loads(text)["number"]

    def wait(self, number: int, rule: int, mark: str) -> None:
        """Until the version is on all workers, and a request gets what it says."""
        deadline = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline:
            if self._up.ready_facts()["version"]["number"] == number and self._workers() == WORKERS:
                break
            time.sleep(0.01)
        else:
            raise RuntimeError(f"version {number} was not on all workers within {WITHIN_S:.0f} s")
        edge = http.client.HTTPConnection(urlsplit(self._up.url).netloc, timeout=30)
        edge.request("GET", f"/s{rule}", headers={"Host": f"h{rule // 10}.example.com"})
        with edge.getresponse() as response:
            if (found := response.read().decode()) != mark:
                raise RuntimeError(f"rule r{rule} answers {found!r} instead of {mark!r}")
        edge.close()

    def _workers(self) -> int:
        """How many serve the version on the node."""
        text = self._up.get("/metrics", self._up.addresses["status"])[1]
        found = re.search(r"^weir_workers_current (\d+)", text, re.MULTILINE)
        return int(found[1]) if found else 0


def timed(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def measure(gateway: Gateway, size: int) -> dict[str, list[float]]:
    marks: dict[int, str] = {}
    found: dict[str, list[float]] = {"all rules": [], "one rule, whole text": [], "one rule, whole JSON": []}
    found["one rule by itself"] = []
    tag = gateway.ask("GET", "/config")[0]

    def put(path: str, body: str, media: str, rule: int, mark: str) -> None:
        nonlocal tag
        new, number = gateway.write(path, body, media, tag if path == "/config" else "*")
        tag = new
        gateway.wait(number, rule, mark)

    found["all rules"].append(timed(lambda: put("/config", rules(size, marks), "text/plain", 0, "first")))
    for change in range(CHANGES):
        rule, mark = size // 2 + change, f"text {change}"
        marks[rule] = mark
        text = rules(size, marks)
        took = timed(lambda text=text, rule=rule, mark=mark: put("/config", text, "text/plain", rule, mark))  # type: ignore[misc]  # bound at once
        found["one rule, whole text"].append(took)
    for change in range(CHANGES):
        rule, mark = size // 3 + change, f"json {change}"
        tag, text = gateway.ask("GET", "/config")
        document: dict[str, Any] = json.loads(text)["document"]
        _set(document, rule, mark)
        body = json.dumps(document)
        took = timed(
            lambda body=body, rule=rule, mark=mark: put("/config", body, "application/json", rule, mark)
        )  # type: ignore[misc]
        found["one rule, whole JSON"].append(took)
    for change in range(CHANGES):
        rule, mark = size // 4 + change, f"self {change}"
        body = (
            f'rule r{rule} {{ when host == "h{rule // 10}.example.com" and path under "/s{rule}"; '
            f'respond 200 "{mark}" }}'
        )
        took = timed(
            lambda body=body, rule=rule, mark=mark: put(f"/rules/r{rule}", body, "text/plain", rule, mark)
        )  # type: ignore[misc]
        found["one rule by itself"].append(took)
    return found


def _set(document: dict[str, Any], rule: int, mark: str) -> None:
    for definition in document["definitions"]:
        if definition["kind"] == "rule" and definition["name"] == f"r{rule}":
            definition["clauses"][-1]["body"] = mark


def main() -> int:
    size = QUICK_RULES if "--quick" in sys.argv else RULES
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        up = WeirUp(Path(folder) / "state", "--workers", str(WORKERS), "--access-log", "off")
        try:
            found = measure(Gateway(up.ready()), size)
        finally:
            up.close()
    is_met = True
    for name, seconds in found.items():
        most = FIRST_S if name == "all rules" else CHANGE_S
        is_met &= max(seconds) < most
        middle, worst = statistics.median(seconds), max(seconds)
        print(f"{size:6} rules  {name:22} {middle:6.2f} s   worst {worst:6.2f} s   aim {most:g} s")
    return int("--check" in sys.argv and not is_met)


if __name__ == "__main__":
    raise SystemExit(main())
