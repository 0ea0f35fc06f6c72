"""``python -m edge``: the supervisor of ``weir edge``; with a role as first argument, one of its two children.

A child is monkey patched before anything else is imported; the supervisor, which must fork and wait, never is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

ROLES = ("agent", "gunicorn")


def main(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """The exit code: 0 after a graceful end, 1 after too many deaths of a child, 2 for bad input or set-up."""
    if argv and argv[0] in ROLES:
        from gevent import monkey

        monkey.patch_all()
        from edge.roles import run_role

        return run_role(argv[0], argv[1:], environ)
    from edge.boot import supervise

    return supervise(argv, environ)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
