"""Export what every rule did on every day as CSV: requests, status classes, errors, refusals, bytes, latency.

    python export_usage.py                                      # the last 30 days to standard output
    python export_usage.py --first 2026-11-01 --last 2026-11-30 --out november.csv
    python export_usage.py --last yesterday --days 7 --owner api --out week.csv

Days are those of UTC. The first line names the columns (``docs/traffic.md`` explains them). With ``--out`` the file is
there only when it is whole: it is written beside its place and moved, and a connection that breaks leaves what was
there before.

Where the admin API is and who asks is found as the ``weir`` command finds it: --url and WEIR_TOKEN, the saved login
(``weir login``), or a gateway on this machine (--state). A token with the role viewer is enough.

Exit codes: 0 written; 2 wrong arguments, no access, or the file cannot be written; 3 the API is away or broke off.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from weir.api.traffic import ExportQuery
from weir.client import access
from weir.client.client import Client
from weir.client.errors import ApiError, Refused
from weir.client.exports import days_of, write_whole

FINE, BAD_INPUT, AWAY = 0, 2, 3


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        days = days_of(options.first, options.last, options.days, datetime.now(UTC).date())
        found = access.find(os.environ, url=options.url, state=Path(options.state))
        with Client.at(found) as weir:
            pieces = weir.traffic.export(ExportQuery(first=days.first, last=days.last, owner=options.owner))
            written = write_whole(Path(options.out), pieces) if options.out else write_out(pieces)
    except (access.NoAccess, Refused, ValueError, OSError) as error:
        return failed(BAD_INPUT, error)
    except ApiError as error:
        return failed(AWAY, error)
    if options.out:
        print(f"{options.out}: {written} bytes", file=sys.stderr)
    return FINE


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, prog="export_usage.py"
    )
    made.add_argument("--first", metavar="DAY", help="first day, such as 2026-11-01; instead of --days")
    made.add_argument("--last", metavar="DAY", default="today", help="last day; also today or yesterday")
    made.add_argument(
        "--days", type=int, default=30, metavar="N", help="so many days up to the last (default: 30)"
    )
    made.add_argument("--owner", choices=("file", "api", "k8s"), default="", help="only rules of this owner")
    made.add_argument("--out", metavar="FILE", default="", help="write here instead of to standard output")
    made.add_argument("--url", default="", help="address of the admin API")
    made.add_argument(
        "--state",
        default=os.environ.get("WEIR_STATE", "").strip() or ".weir",
        metavar="DIR",
        help="state directory of a gateway on this machine (default: WEIR_STATE, else .weir)",
    )
    return made


def write_out(pieces: Iterable[bytes]) -> int:
    return sum(sys.stdout.buffer.write(piece) for piece in pieces)


def failed(code: int, error: Exception) -> int:
    print(f"export_usage: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
