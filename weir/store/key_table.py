"""The table of key names in ``docs/store.md``, made from what ``keys`` says of each. Pure.

``python -m weir.store.key_table docs/store.md`` writes it between the page's two marks; a test compares.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

from weir.store.keys import Keys

BEGIN = "<!-- keys: generated from weir/store/keys.py -->"
END = "<!-- /keys -->"


def key_table() -> str:
    """Markdown, one row for every key, in the order of ``keys``."""
    rows = [f"| `{name}` | {text} |" for name, text in _keys()]
    return "\n".join(["| key | what it is |", "|---|---|", *rows])


def with_table(page: str) -> str:
    """``page`` with the table between its marks; raises ValueError if it lacks them."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page needs {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{key_table()}\n{END}{after}"


def _keys() -> list[tuple[str, str]]:
    """Name and description of every key; parameters stand as ``<parameter>``."""
    found = []
    keys = Keys("<cluster>")
    for name, method in vars(Keys).items():
        if name.startswith("_") or not inspect.isfunction(method):
            continue
        arguments = [f"<{parameter}>" for parameter in list(inspect.signature(method).parameters)[1:]]
        text = " ".join((inspect.getdoc(method) or "").replace("``", "`").split())
        found.append((method(keys, *arguments), text))
    return found


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(with_table(target.read_text(encoding="utf-8")), encoding="utf-8")
