"""``python -m demo --listen HOST:PORT`` (or ``--fd N``, a listening socket that was handed down)."""

from weir import monkey

monkey.patch_all()

import sys  # noqa: E402 - after the patch

with monkey.importing():
    from demo.boot import main

sys.exit(main(sys.argv[1:]))
