"""One holder of a retry budget as a process of its own, which takes what it gets. Run as a module.

Arguments: URL of the store, the holder's name, a cap, a reserve. On standard input a line ``MILLISECONDS`` is a moment:
it asks until nothing is left there, and says how many units it got and how often it asked.
"""

from __future__ import annotations

import random
import sys

from weir.store.budget import Allowance, Heard, Ring, budget_call, granted
from weir.store.connect import connect
from weir.store.keys import Keys

KEYS = Keys("race")
RING = Ring("test/u", 100, 10)
PATIENT = 3
"""It gives up after so many refusals in a row: others may give back."""


def main() -> int:
    url, name, cap, reserve = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    client, chance, seq = connect(url, timeout_s=20.0), random.Random(name), 0
    allowance = Allowance(cap, 1, reserve, 10 * cap)
    back = (0, 0)
    _say("ready")
    for line in sys.stdin:
        got = refused = asked = 0
        while refused < PATIENT:
            seq, asked = seq + 1, asked + 1
            want = chance.randint(1, 7)
            call = budget_call(
                KEYS, RING, name, allowance, Heard(seq, 0, 0, *back), want=want, divisor=chance.choice([1, 3]),
                at=int(line), history="h",
            )  # fmt: skip
            (reply,) = client.pipeline([call])
            answer = granted(reply)
            got += answer.units - back[1]
            refused = 0 if answer.units else refused + 1
            # Some of what it got goes back with the next call; what it ends with it keeps.
            back = (answer.bucket, chance.randint(0, answer.units) if answer.units > 1 else 0)
        _say(f"{got} {asked}")
    client.close()
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
