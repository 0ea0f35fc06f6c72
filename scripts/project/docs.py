"""``make docs``: writes every page that is made from the code; tests compare each page with its source.

One visible list: page, and the function that gives its text (from the text it has now, for pages that are only partly
generated).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from scripts import command_page
from weir.rules import page as rule_reference
from weir.rules.json_form import schema
from weir.settings import page as settings_page
from weir.store.key_table import with_table

DOCS = Path(__file__).resolve().parents[2] / "docs"

PAGES: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("settings.md", lambda _: settings_page.page()),
    ("rule-reference.md", lambda _: rule_reference.page()),
    ("command-line.md", lambda _: command_page.page()),
    ("store.md", with_table),
    ("admin-api-reference.md", lambda _: said_by("admin_api.page")),
    ("metrics.md", lambda _: said_by("edge.agent.metrics_page")),
    ("metrics-of-servers.md", lambda _: said_by("admin_api.metrics_page") + said_by("auth.metrics_page")),
    ("schema/document-1.json", lambda _: json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"),
)


def said_by(module: str) -> str:
    """The page that a module of another process prints; processes do not import each other."""
    return subprocess.run([sys.executable, "-m", module], check=True, capture_output=True, text=True).stdout  # noqa: S603


def main(folder: Path = DOCS) -> int:
    """Writes what differs and says so."""
    for name, text_of in PAGES:
        path = folder / name
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        after = text_of(before)
        if after != before:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(after, encoding="utf-8")
        print(f"docs/{name}: {'written' if after != before else 'up to date'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
