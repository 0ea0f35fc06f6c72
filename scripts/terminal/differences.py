"""A difference as a person reads it: counts, then the unified diff, in colours where there are any. Pure."""

from __future__ import annotations

from scripts.terminal.start_screen import Style
from scripts.terminal.tables import printable
from weir.api.changes import Difference

GREEN, RED = "\x1b[32m", "\x1b[31m"
MOST_LINES = 400
"""Of a diff before a question; ``weir diff`` shows all that the API gives."""


def is_empty(difference: Difference) -> bool:
    return not (difference.changes or difference.left_out or difference.text)


def summary(difference: Difference) -> str:
    """``2 added, 1 changed``."""
    counts = (
        (difference.added, "added"),
        (difference.changed, "changed"),
        (difference.removed, "removed"),
        (difference.moved, "moved"),
    )
    return ", ".join(f"{count} {word}" for count, word in counts if count) or "no difference"


def diff_text(text: str, style: Style, most: int = MOST_LINES) -> str:
    """The lines of a unified diff; of a long one the first."""
    lines = text.splitlines()
    shown = [coloured(line, style) for line in lines[:most]]
    if len(lines) > most:
        shown.append(f"… and {len(lines) - most} more lines")
    return "\n".join(shown)


def coloured(line: str, style: Style) -> str:
    safe = printable(line)
    if not style.bold:
        return safe
    if line.startswith(("+++", "---", "@@")):
        return f"{style.faint}{safe}{style.plain}"
    colour = {"+": GREEN, "-": RED}.get(line[:1], "")
    return f"{colour}{safe}{style.plain}" if colour else safe


def shown(difference: Difference, style: Style, most: int = MOST_LINES) -> str:
    """Counts last: that is what stands above the question."""
    if is_empty(difference):
        return "no difference"
    parts = [diff_text(difference.text, style, most)] if difference.text else []
    return "\n".join([*parts, f"{style.bold}{summary(difference)}{style.plain}"])
