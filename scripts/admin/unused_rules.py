"""Find rules that no request has hit for some days.

    python unused_rules.py                      # 30 days
    python unused_rules.py --days 90 --owner api
    python unused_rules.py --json | jq -r '.rules[].rule'

A rule is listed if it is in the current version and its last hit is longer ago than that, or no hit of it is known.
The store knows hits since it began to count; where that is not as long ago as ``--days``, this is said, as rules are
listed then that had no chance yet. Think before deleting: a rule may be there for what must not happen, or for once a
year.

Where the admin API is and who asks is found as the ``weir`` command finds it: --url and WEIR_TOKEN, the saved login
(``weir login``), or a gateway on this machine (--state). A token with the role viewer is enough.

Exit codes: 0 every rule was hit; 1 some are listed; 2 wrong arguments or no access; 3 the API is away.
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from weir.api.traffic import UnusedPage, UnusedQuery, UnusedRule
from weir.client import access
from weir.client.client import Client
from weir.client.errors import ApiError, Refused

FINE, FINDINGS, BAD_INPUT, AWAY = 0, 1, 2, 3


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        found = access.find(os.environ, url=options.url, state=Path(options.state))
        with Client.at(found) as weir:
            query = UnusedQuery(days=options.days, owner=options.owner, limit=500)
            about, rules = weir.traffic.unused(query), list(weir.traffic.every_unused(query))
    except (access.NoAccess, Refused, ValueError) as error:
        return failed(BAD_INPUT, error)
    except ApiError as error:
        return failed(AWAY, error)
    if options.json:
        print(as_json(about, rules))
    else:
        for rule in rules:
            print(line(rule))
    for warning in warnings(about):
        print(f"unused_rules: {warning}", file=sys.stderr)
    return FINDINGS if rules else FINE


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, prog="unused_rules.py"
    )
    made.add_argument(
        "--days", type=days, default=30, metavar="N", help="without a hit for so long (default: 30)"
    )
    made.add_argument("--owner", choices=("file", "api", "k8s"), default="", help="only rules of this owner")
    made.add_argument("--json", action="store_true", help="for programs")
    made.add_argument("--url", default="", help="address of the admin API")
    made.add_argument(
        "--state",
        default=os.environ.get("WEIR_STATE", "").strip() or ".weir",
        metavar="DIR",
        help="state directory of a gateway on this machine (default: WEIR_STATE, else .weir)",
    )
    return made


def days(text: str) -> int:
    """Raises ArgumentTypeError."""
    if not text.isdecimal() or not 1 <= int(text) <= 400:
        raise argparse.ArgumentTypeError("a number from 1 to 400")
    return int(text)


def line(rule: UnusedRule) -> str:
    """Owner, name and last hit, with tabs between them."""
    return f"{rule.owner}\t{rule.rule}\t{moment(rule.last_hit_ms) if rule.last_hit_ms else 'never'}"


def warnings(about: UnusedPage) -> list[str]:
    found = []
    if about.counting_since_ms == 0:
        found.append("nothing was counted yet, so that this says nothing")
    elif about.days_counted < about.days:
        found.append(
            f"hits are known since {moment(about.counting_since_ms)} ({about.days_counted:.1f} days), "
            f"not for {about.days} days"
        )
    if about.lost:
        found.append(
            f"{about.lost} requests were not counted; a listed rule may have been hit by one of them"
        )
    return found


def as_json(about: UnusedPage, rules: list[UnusedRule]) -> str:
    whole = {
        "version": about.number,
        "days": about.days,
        "counting_since_ms": about.counting_since_ms,
        "days_counted": about.days_counted,
        "lost": about.lost,
        "rules": rules,
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=2).decode()


def moment(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def failed(code: int, error: Exception) -> int:
    print(f"unused_rules: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
