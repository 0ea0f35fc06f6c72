"""What Weir's own parts say goes to standard error as it is: lines of the access log are JSON objects already."""

from __future__ import annotations

import logging
import sys


def log_to_stderr() -> None:
    log = logging.getLogger("weir")
    if not log.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        log.propagate = False
