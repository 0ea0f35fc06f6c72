"""Pictures as SVG text, without a library: lines in panels, and maps of cells. Readable on light and dark pages.

Colours are classes: a picture carries both sets, and the reader's browser chooses. A program that knows no dark mode
sees the light one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import NamedTuple

LIGHT = {"paper": "#ffffff", "ink": "#1f2328", "soft": "#59636e", "grid": "#d8dee4", "band": "#ffe9b8"}
DARK = {"paper": "#0d1117", "ink": "#e6edf3", "soft": "#9198a1", "grid": "#2f363d", "band": "#4a3c14"}
LINES = {
    "grey": ("#6e7781", "#9198a1"),
    "red": ("#cf222e", "#ff7b72"),
    "orange": ("#bc4c00", "#ffa657"),
    "purple": ("#8250df", "#d2a8ff"),
    "green": ("#1a7f37", "#56d364"),
    "pink": ("#bf3989", "#ff9bce"),
    "blue": ("#0969da", "#58a6ff"),
}
"""Light and dark."""
FONT = "font-family:'DejaVu Sans',Verdana,Helvetica,Arial,sans-serif"
WIDTH, LEFT, RIGHT = 900, 70, 20
HEAD, PANEL, GAP, FOOT, LEGEND = 62, 150, 46, 46, 22


class Line(NamedTuple):
    name: str
    colour: str
    points: Sequence[tuple[float, float]]
    wide: bool = False


class Panel(NamedTuple):
    title: str
    lines: Sequence[Line]
    top: float
    """The greatest value shown; what is above is cut off."""
    ticks: Sequence[float]


class Axis(NamedTuple):
    title: str
    ticks: Sequence[tuple[float, str]]
    """From the first to the last the axis goes, in the values of the points."""
    band: tuple[float, float] | None = None
    band_title: str = ""


def picture(title: str, subtitle: str, axis: Axis, panels: Sequence[Panel]) -> str:
    """Panels under each other, over one axis. The legend names the lines of the first panel."""
    legend = _legend(panels[0].lines)
    top = HEAD + LEGEND * len(legend) + 14
    height = top + len(panels) * (PANEL + GAP) + FOOT - 20
    parts = [_title(title, subtitle)]
    for row, entries in enumerate(legend):
        parts.append(_legend_row(entries, HEAD + LEGEND * row + 10))
    for number, panel in enumerate(panels):
        parts.append(_panel(panel, axis, top + number * (PANEL + GAP) + 16))
        if number == 0 and axis.band:
            parts.append(_text(_x(axis, axis.band[0]) - 6, top + 40, axis.band_title, "soft", "end"))
    parts.append(_text(LEFT + (WIDTH - LEFT - RIGHT) / 2, height - 12, axis.title, "soft", "middle"))
    return _document(WIDTH, height, title, parts)


def map_picture(
    title: str, subtitle: str, grids: Mapping[str, Mapping[tuple[int, int], tuple[str, str]]],
    columns: Sequence[str], rows: Sequence[str], axes: tuple[str, str],
) -> str:  # fmt: skip
    """One grid per name beside each other; a cell is (colour class, text) at (column, row); rows go upwards."""
    cell_w = (WIDTH - LEFT - RIGHT - 24 * (len(grids) - 1)) / len(grids) / len(columns)
    cell_h, top = 30, HEAD + 44
    height = top + cell_h * len(rows) + 62
    parts = [_title(title, subtitle)]
    for number, (name, cells) in enumerate(grids.items()):
        left = LEFT + number * (cell_w * len(columns) + 24)
        parts.append(_text(left, top - 14, name, "ink bold"))
        for (column, row), (colour, text) in cells.items():
            x, y = left + column * cell_w, top + (len(rows) - 1 - row) * cell_h
            size = f'width="{cell_w - 2:.1f}" height="{cell_h - 2}"'
            parts.append(f'<rect class="f-{colour}" x="{x:.1f}" y="{y}" {size}/>')
            parts.append(_text(x + cell_w / 2 - 1, y + 19, text, "cell", "middle"))
        for column, text in enumerate(columns):
            parts.append(
                _text(left + (column + 0.5) * cell_w, top + cell_h * len(rows) + 16, text, "soft", "middle")
            )
    for row, text in enumerate(rows):
        parts.append(_text(LEFT - 8, top + (len(rows) - 1 - row) * cell_h + 19, text, "soft", "end"))
    parts.append(_text(LEFT + (WIDTH - LEFT - RIGHT) / 2, height - 18, axes[0], "soft", "middle"))
    parts.append(_text(12, top - 14, axes[1], "soft"))
    return _document(WIDTH, height, title, parts)


def _panel(panel: Panel, axis: Axis, top: float) -> str:
    def x(value: float) -> float:
        return _x(axis, value)

    def y(value: float) -> float:
        return top + PANEL * (1 - min(max(value, 0.0), panel.top) / panel.top)

    parts = [_text(LEFT, top - 8, panel.title, "ink bold")]
    if axis.band:
        left, right = x(axis.band[0]), x(axis.band[1])
        parts.append(
            f'<rect class="band" x="{left:.1f}" y="{top}" width="{right - left:.1f}" height="{PANEL}"/>'
        )
    for tick in panel.ticks:
        parts.append(f'<path class="grid" d="M{LEFT} {y(tick):.1f}H{WIDTH - RIGHT}"/>')
        parts.append(_text(LEFT - 8, y(tick) + 4, f"{tick:g}", "soft", "end"))
    for value, text in axis.ticks:
        parts.append(_text(x(value), top + PANEL + 17, text, "soft", "middle"))
    # The wide one first, so that it hides no other.
    for line in sorted(panel.lines, key=lambda line: not line.wide):
        points = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in line.points)
        wide = " wide" if line.wide else ""
        parts.append(f'<polyline class="line l-{line.colour}{wide}" points="{points}"/>')
    return "\n".join(parts)


def _x(axis: Axis, value: float) -> float:
    first, last = axis.ticks[0][0], axis.ticks[-1][0]
    return LEFT + (value - first) / (last - first) * (WIDTH - LEFT - RIGHT)


def _legend(lines: Sequence[Line]) -> list[list[Line]]:
    """Two in a row."""
    return [list(lines[at : at + 2]) for at in range(0, len(lines), 2)]


def _legend_row(lines: Iterable[Line], y: float) -> str:
    parts = []
    for number, line in enumerate(lines):
        x = LEFT + number * (WIDTH - LEFT - RIGHT) / 2
        wide = " wide" if line.wide else ""
        parts.append(f'<path class="line l-{line.colour}{wide}" d="M{x:.0f} {y}h24"/>')
        parts.append(_text(x + 32, y + 4, line.name, "ink"))
    return "\n".join(parts)


def _title(title: str, subtitle: str) -> str:
    return _text(LEFT, 26, title, "ink title") + _text(LEFT, 46, subtitle, "soft")


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'


def _document(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img">\n<title>{escape(title)}</title>\n<style>\n{_style()}'
        f'</style>\n<rect class="paper" width="{width:.0f}" height="{height:.0f}"/>\n{body}\n</svg>\n'
    )


def _style() -> str:
    fixed = (
        f"text{{{FONT};font-size:12px}}.title{{font-size:17px;font-weight:bold}}.bold{{font-weight:bold}}"
        ".small{font-size:11px}.line{fill:none;stroke-width:1.8;stroke-linejoin:round}.wide{stroke-width:3.4}\n"
    )
    dark = _colours(DARK, 1)
    return f"{fixed}{_colours(LIGHT, 0)}@media (prefers-color-scheme:dark){{\n{dark}}}\n"


def _colours(page: Mapping[str, str], which: int) -> str:
    rules = [
        f".paper{{fill:{page['paper']}}}.ink{{fill:{page['ink']}}}.soft{{fill:{page['soft']}}}",
        f".grid{{stroke:{page['grid']};stroke-width:1;fill:none}}.band{{fill:{page['band']}}}.cell{{fill:{page['paper']}}}",
    ]
    rules += [
        f".l-{name}{{stroke:{pair[which]}}}.f-{name}{{fill:{pair[which]}}}" for name, pair in LINES.items()
    ]
    return "\n".join(rules) + "\n"
