"""What was found, as a file beside the pictures: the page and the pictures are made from it, again and again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.avalanche.measures import Figures, Series


class Runs(NamedTuple):
    """The same run with several seeds."""

    name: str
    figures: list[Figures]
    series: Series
    """Medians of each second."""

    def middle(self, field: str) -> float | None:
        """The median; None if most runs have none (a recovery that never came)."""
        return middle([getattr(each, field) for each in self.figures])

    def worst(self, field: str) -> float:
        found: float = max(getattr(each, field) for each in self.figures)
        return found


def middle(values: Sequence[float | None]) -> float | None:
    """None counts as greater than every number."""
    found = median([float("inf") if value is None else value for value in values])
    return None if found == float("inf") else float(found)


def runs(name: str, found: Sequence[tuple[Figures, Series]]) -> Runs:
    return Runs(name, [figures for figures, _ in found], medians([series for _, series in found]))


def medians(found: Sequence[Series]) -> Series:
    return Series(
        *([median(second) for second in zip(*lines, strict=True)] for lines in zip(*found, strict=True))
    )


PICTURED = ("policies", "loads")
Results = dict[str, Any]
"""``real`` and ``simulated``, each sections of runs by name; and what the machine was."""


def write(path: Path, results: Results) -> None:
    path.write_text(json.dumps(rounded(results), separators=(",", ":")) + "\n")


def rounded(value: Any) -> Any:
    """To four digits behind the point: more than a page or a picture shows."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    return [rounded(each) for each in value] if isinstance(value, list | tuple) else value


def read(path: Path) -> Results:
    """Empty if there is none."""
    found: Results = json.loads(path.read_text()) if path.exists() else {}
    return found


def plain(sections: Mapping[str, Mapping[str, Runs]]) -> dict[str, Any]:
    """For the file. Seconds are kept of those sections only whose picture shows them."""
    return {
        section: {name: _plain(each, with_series=section in PICTURED) for name, each in named.items()}
        for section, named in sections.items()
    }


def _plain(each: Runs, *, with_series: bool) -> dict[str, Any]:
    series = {
        name: [round(value, 3) for value in values if with_series]
        for name, values in each.series._asdict().items()
    }
    return {"figures": [figures._asdict() for figures in each.figures], "series": series}


def runs_of(name: str, found: dict[str, Any]) -> Runs:
    """The reverse of ``plain``."""
    figures = [Figures(**each) for each in found["figures"]]
    return Runs(name, figures, Series(**found["series"]))
