"""Export what every consumer did as CSV: by day, or summed over the time.

    python usage_per_consumer.py                                       # the last 30 days, by day
    python usage_per_consumer.py --first 2026-11-01 --last 2026-11-30 --total --out november.csv
    python usage_per_consumer.py --days 7 --consumer acme

Days are those of UTC. Counted are requests whose credential was accepted; what showed none, or a wrong one, belongs to
no consumer. The first line names the columns (``docs/traffic.md`` explains them); with --total there are no quantiles,
as they cannot be summed. With ``--out`` the file is there only when it is whole.

Where the admin API is and who asks is found as the ``weir`` command finds it: --url and WEIR_TOKEN, the saved login
(``weir login``), or a gateway on this machine (--state). A token with the role viewer is enough.

Exit codes: 0 written; 2 wrong arguments, no access, or the file cannot be written; 3 the API is away or broke off.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from weir.api.traffic import ConsumerExportQuery
from weir.client import access
from weir.client.client import Client
from weir.client.errors import ApiError, Refused
from weir.client.exports import days_of, write_whole

FINE, BAD_INPUT, AWAY = 0, 2, 3
COUNTS = (
    "requests", "success", "redirects", "client_errors", "server_errors", "unanswered", "own_errors", "limited",
    "retries", "retries_refused", "bytes_in", "bytes_out",
)  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        days = days_of(options.first, options.last, options.days, datetime.now(UTC).date())
        found = access.find(os.environ, url=options.url, state=Path(options.state))
        with Client.at(found) as weir:
            pieces: Iterable[bytes] = weir.traffic.export_consumers(
                ConsumerExportQuery(first=days.first, last=days.last, consumer=options.consumer)
            )
            if options.total:
                pieces = [totals(lines_of(pieces))]
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
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        prog="usage_per_consumer.py",
    )
    made.add_argument("--first", metavar="DAY", help="first day, such as 2026-11-01; instead of --days")
    made.add_argument("--last", metavar="DAY", default="today", help="last day; also today or yesterday")
    made.add_argument(
        "--days", type=int, default=30, metavar="N", help="so many days up to the last (default: 30)"
    )
    made.add_argument("--consumer", default="", metavar="NAME", help="only this one")
    made.add_argument("--total", action="store_true", help="one line for each consumer, over all days")
    made.add_argument("--out", metavar="FILE", default="", help="write here instead of to standard output")
    made.add_argument("--url", default="", help="address of the admin API")
    made.add_argument(
        "--state",
        default=os.environ.get("WEIR_STATE", "").strip() or ".weir",
        metavar="DIR",
        help="state directory of a gateway on this machine (default: WEIR_STATE, else .weir)",
    )
    return made


def lines_of(pieces: Iterable[bytes]) -> Iterator[str]:
    """Whole lines of a stream of bytes."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line.decode() + "\n" for line in whole)
    if rest:
        yield rest.decode()


def totals(lines: Iterable[str]) -> bytes:
    """One line for each consumer, the most requests first."""
    sums: dict[str, dict[str, int]] = {}
    spent_ms: dict[str, float] = {}
    for row in csv.DictReader(lines):
        name = row["consumer"]
        counts = sums.setdefault(name, dict.fromkeys(COUNTS, 0))
        for column in COUNTS:
            counts[column] += int(row[column])
        spent_ms[name] = spent_ms.get(name, 0.0) + float(row["mean_ms"]) * int(row["requests"])
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("consumer", *COUNTS, "mean_ms"))
    for name in sorted(sums, key=lambda name: (-sums[name]["requests"], name)):
        requests = sums[name]["requests"]
        mean_ms = round(spent_ms[name] / requests, 3) if requests else 0.0
        writer.writerow((name, *sums[name].values(), mean_ms))
    return text.getvalue().encode()


def write_out(pieces: Iterable[bytes]) -> int:
    return sum(sys.stdout.buffer.write(piece) for piece in pieces)


def failed(code: int, error: Exception) -> int:
    print(f"usage_per_consumer: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
