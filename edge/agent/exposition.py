"""What ``/metrics`` says: the agent's registry and the workers' families, byte for byte as prometheus-client writes it.

The registry has few lines on most nodes and thousands where many upstreams have retry budgets or checks, and
prometheus-client takes ten microseconds for each. So a line is kept, and made again when its value has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample
from prometheus_client.utils import floatToGoString

from edge.agent.metrics import WorkerMetrics
from edge.agent.series import escaped

SLICE = 500
"""Lines that are made at once: a millisecond or two."""
PLAIN = ("counter", "gauge", "histogram")
"""Kinds whose samples are lines as they are."""
APART = ("_created", "_gsum", "_gcount")
"""Samples that the text format has in families of their own."""

Key = tuple[str, ...]
Line = tuple[str, float, str]
"""What stands before the value, the value, and all of it."""


class Exposition:
    """``text`` for each scrape. ``pause`` is called again and again meanwhile, for all else that the agent does."""

    def __init__(
        self, registry: CollectorRegistry, workers: WorkerMetrics, pause: Callable[[], None] = lambda: None
    ) -> None:
        self._registry = registry
        self._workers = workers
        self._pause = pause
        self._lines: dict[Key, Line] = {}
        """As they were at the last scrape."""

    def text(self) -> bytes:
        """In the text format of Prometheus."""
        lines: dict[Key, Line] = {}
        parts: list[bytes] = []
        for metric in self._registry.collect():
            parts.append(self._family(metric, lines))
            self._pause()
        self._lines = lines
        parts += self._workers.parts(self._pause)
        return b"".join(parts)

    def _family(self, metric: Metric, lines: dict[Key, Line]) -> bytes:
        samples = metric.samples
        if metric.type not in PLAIN or any(sample.name.endswith(APART) for sample in samples):
            return generate_latest(_Only(metric))
        name = metric.name + ("_total" if metric.type == "counter" else "")
        text = metric.documentation.replace("\\", "\\\\").replace("\n", "\\n")
        family = [f"# HELP {name} {text}\n# TYPE {name} {metric.type}\n"]
        before = self._lines
        for place, sample in enumerate(samples, 1):
            key = (sample.name, *sample.labels.values())
            line = before.get(key)
            if line is None or line[1] != sample.value:
                begin = line[0] if line else _begin(sample)
                line = (begin, sample.value, f"{begin} {_number(sample.value)}\n")
            lines[key] = line
            family.append(line[2])
            if place % SLICE == 0:
                self._pause()
        return "".join(family).encode()


class _Only(Collector):
    """One family."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric

    def collect(self) -> Iterator[Metric]:
        """It."""
        yield self._metric


def _begin(sample: Sample) -> str:
    pairs = ",".join([f'{name}="{escaped(value)}"' for name, value in sorted(sample.labels.items())])
    return f"{sample.name}{{{pairs}}}" if pairs else sample.name


def _number(value: float) -> str:
    text: str = floatToGoString(value)  # type: ignore[no-untyped-call]
    return text
