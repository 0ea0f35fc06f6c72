"""What becomes of an attempt that was granted and never goes out."""

from __future__ import annotations

from edge.upstream.concurrency_gate import NO_PLACE
from edge.upstream.decide import Outcome


def called_off_by(code: str) -> Outcome:
    """``code``: of the refusal that it met after its pause."""
    if code == NO_PLACE:
        return "concurrency"
    return "stopping" if code == "stopping" else "no-target"
