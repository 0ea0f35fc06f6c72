"""``python -m edge.agent``: the node agent, started by the supervisor of ``weir edge``."""

from __future__ import annotations

from weir import monkey

monkey.patch_all()

import logging  # noqa: E402 - everything is imported after patching
import os  # noqa: E402
import sys  # noqa: E402
from collections.abc import Mapping, Sequence  # noqa: E402

with monkey.importing():
    from prometheus_client import disable_created_metrics

    from edge.agent.boot import run_agent
    from edge.prefork import child_arguments
    from weir.secrets.errors import SecretsError
    from weir.store.errors import StoreError

BAD_SET_UP = 2


def main(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """The exit code: 0 after a graceful end, 2 where the store's address, the key ring or the disk can never do."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each counter
    arguments = child_arguments.read(argv, environ)
    try:
        return run_agent(arguments)
    except (StoreError, SecretsError, OSError) as error:
        sys.stderr.write(f"weir edge: {error}\n")
        return BAD_SET_UP


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
