"""``weir edge`` as it is, but its workers write down every retry that is granted, and may get another budget.

``python -m benchmarks.avalanche.edge FLAGS`` takes the flags of ``weir edge``. The experiment says by variables of the
environment which policy it is, how many workers there are in all, and where the grants go. The budget's seam is
``RetryBudgets.of``, from which every upstream of a worker gets its budget.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Sequence
from pathlib import Path

POLICY, WORKERS, GRANTS = "AVALANCHE_POLICY", "AVALANCHE_WORKERS", "AVALANCHE_GRANTS"


def main(argv: Sequence[str]) -> int:
    if argv and argv[0] == "gunicorn":
        from gevent import monkey

        monkey.patch_all()
        from benchmarks.avalanche.edge_budgets import install
        from edge.prefork import child as gunicorn_child
        from edge.prefork import child_arguments

        install(os.environ[POLICY], int(os.environ[WORKERS]), Path(os.environ[GRANTS]))
        gunicorn_child.run(child_arguments.read(argv[1:], os.environ))
        return 0
    from edge import boot

    children = boot.children

    def ours(*arguments: object) -> list[object]:
        """The agent as it is, and gunicorn through this module."""
        return [_through_here(child) for child in children(*arguments)]  # type: ignore[arg-type]

    boot.children = ours  # type: ignore[assignment]
    return boot.supervise(argv, os.environ)


def _through_here(child: object) -> object:
    if child.name != "gunicorn":  # type: ignore[attr-defined]
        return child
    argv = child.argv  # type: ignore[attr-defined]
    return dataclasses.replace(
        child,  # type: ignore[type-var]
        argv=lambda: [__spec__.name if each == "edge" else each for each in argv()],
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
