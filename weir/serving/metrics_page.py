"""The table of a process's metrics for the documentation, as the metrics themselves tell it."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry

HEAD = "| metric | kind | labels | what it is |\n|---|---|---|---|\n"


def table(registry: CollectorRegistry) -> str:
    return HEAD + "".join(_lines(registry))


def _lines(registry: CollectorRegistry) -> Iterator[str]:
    for collector in registry._collector_to_names:
        # Named in public only once there is a sample.
        labels = ", ".join(f"`{label}`" for label in getattr(collector, "_labelnames", ()))
        for metric in collector.collect():
            name = metric.name + ("_total" if metric.type == "counter" else "")
            yield f"| `{name}` | {metric.type} | {labels} | {metric.documentation} |\n"
