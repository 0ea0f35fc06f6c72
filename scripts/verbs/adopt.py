"""``weir adopt``: after the store was lost or replaced, a person decides which side is right.

The command only leaves an order in the node's directory and waits for the node agent's answer: the agent knows what the
node holds, and it alone may change that.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from pathlib import Path

import msgspec

from weir.processes.adoption import Answer, Order, Side, order_file, read_answer, write_order
from weir.settings.arguments import Parser, SettingsError, add_settings, read_values
from weir.settings.setting import Setting
from weir.settings.table import settings_of

HELP = "decide what follows when the store came back older or foreign"

LONGEST_WAIT_S = 30.0
POLL_S = 0.05
FINE, REFUSED, BAD_INPUT, AWAY = 0, 1, 2, 3


def run(arguments: list[str]) -> int:
    """0 done, 1 the agent could not do it, 2 wrong arguments, 3 no agent answered."""
    try:
        state, side, json = _read(arguments)
    except SettingsError as error:
        return _fail(str(error), BAD_INPUT)
    directory = node_directory(state)
    if directory is None:
        return _fail(f"no edge has run with the state directory {state}", BAD_INPUT)
    order = Order(id=secrets.token_hex(8), side=side)
    write_order(directory, order)
    answer = wait_for_answer(directory, order, LONGEST_WAIT_S)
    if answer is None:
        order_file(directory).unlink(missing_ok=True)
        return _fail(f"no node agent answered within {LONGEST_WAIT_S:g} s; is the edge running?", AWAY)
    if json:
        print(msgspec.json.encode({"done": answer.done, "text": answer.text}).decode())
    elif answer.done:
        print(answer.text)
    return FINE if answer.done else _fail(answer.text, REFUSED)


def node_directory(state: Path) -> Path | None:
    """Of ``weir up``, which keeps its edge in a directory of its own, or of ``weir edge``; None without either."""
    candidates = (state / "edge" / "node", state / "node")
    return next((directory for directory in candidates if directory.is_dir()), None)


def wait_for_answer(directory: Path, order: Order, longest_s: float) -> Answer | None:
    """The answer to this very order; None if there is none in time."""
    deadline = time.monotonic() + longest_s
    while time.monotonic() < deadline:
        answer = read_answer(directory)
        if answer is not None and answer.id == order.id:
            return answer
        time.sleep(POLL_S)
    return None


def _read(arguments: list[str]) -> tuple[Path, Side, bool]:
    parsed = parser().parse_args(arguments)
    state: Path = read_values(_rows(), parsed, os.environ)["state"]
    return state, parsed.side, parsed.json


def _rows() -> list[Setting]:
    return [setting for setting in settings_of("client") if setting.name == "state"]


def parser() -> Parser:
    made = Parser(prog="weir adopt", description=HELP, allow_abbrev=False)
    sides = made.add_mutually_exclusive_group(required=True)
    sides.add_argument(
        "--store",
        dest="side",
        action="store_const",
        const="store",
        help="the store is right: this node gives up what it holds and follows the store",
    )
    sides.add_argument(
        "--node",
        dest="side",
        action="store_const",
        const="node",
        help="this node is right: what it holds is published into the store",
    )
    made.add_argument("--json", action="store_true", help="print what the node answered as JSON")
    add_settings(made, _rows())
    return made


def _fail(sentence: str, code: int) -> int:
    print(f"weir adopt: {sentence}", file=sys.stderr)
    return code
