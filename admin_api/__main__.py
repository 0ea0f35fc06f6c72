"""``python -m admin_api``: the admin API; ``python -m admin_api bootstrap`` makes its first access token.

The serving process is monkey patched before anything else is imported.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence


def main(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """The exit code: 0 after a graceful end, 1 for a refusal, 2 for bad input or set-up, 3 if the store is away."""
    if argv and argv[0] == "bootstrap":
        from admin_api.bootstrap import bootstrap

        return bootstrap(argv[1:], environ)
    from gevent import monkey

    monkey.patch_all()
    from admin_api.boot import serve

    return serve(argv, environ)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
