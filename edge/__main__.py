"""``python -m edge``: the supervisor of ``weir edge``; ``python -m edge gunicorn …`` is its gunicorn child.

A child is monkey patched before anything else is imported; the supervisor, which must fork and wait, never is.
The other child is ``python -m edge.agent …``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence


def main(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """The exit code: 0 after a graceful end, 1 after too many deaths of a child, 2 for bad input or set-up."""
    if argv and argv[0] == "gunicorn":
        from weir import monkey

        monkey.patch_all()
        with monkey.importing():
            from edge.prefork import child as gunicorn_child
            from edge.prefork import child_arguments

        gunicorn_child.run(child_arguments.read(argv[1:], environ))
        return 0
    from edge.boot import supervise

    return supervise(argv, environ)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
