"""One experiment in numbers: the upstream, the load, the trigger. Times are seconds since the run began."""

from __future__ import annotations

from typing import NamedTuple


class Setting(NamedTuple):
    """The upstream serves ``slots`` requests at a time, each for Exp(``service_s``), the others wait in its queue."""

    utilisation: float = 0.7
    """The share of the upstream's capacity that is asked for."""
    slots: int = 4
    service_s: float = 0.02
    queue: int = 10_000
    """How many wait at most; what comes then is answered with 503 at once."""
    try_s: float = 1.0
    """How long a gateway waits for one attempt."""
    trigger_at: float = 30.0
    trigger_s: float = 10.0
    trigger_speed: float = 0.2
    """How fast the upstream is meanwhile."""
    error_rate: float = 0.0
    """The share of requests that the upstream answers with 502, at any time."""
    duration_s: float = 200.0

    @property
    def capacity(self) -> float:
        """Requests a second that the upstream can serve."""
        return self.slots / self.service_s

    @property
    def rate(self) -> float:
        """Requests a second that clients send."""
        return self.utilisation * self.capacity

    @property
    def trigger_end(self) -> float:
        return self.trigger_at + self.trigger_s

    def speed(self, at: float) -> float:
        return self.trigger_speed if self.trigger_at <= at < self.trigger_end else 1.0


SIMULATED = Setting()
REAL = Setting(trigger_at=20.0, duration_s=80.0)
WINDOW_S = 10.0
"""Of Weir's cap."""
CAP = 140
"""Weir's cap: cost units of retries in any window, cluster-wide; a tenth of the requests of a window. An attempt that
timed out costs two."""
