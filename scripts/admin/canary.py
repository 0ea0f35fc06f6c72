"""Shift traffic to a new version of a service step by step; take it back by itself when errors or latency say so.

The rule must send to at least two destinations, the canary among them:

    rule shop { when host == "shop.example.com"; proxy shop-v1 95, shop-v2 5 }

    python canary.py shop shop-v2                                  # 5, 25, 50, 100 %, two minutes each
    python canary.py shop shop-v2 --steps 1,10,50 --hold 600 --max-errors 0.5 --max-p99 300

Each step publishes a version in which only the weights differ: the canary gets its share, the others keep their shares
among themselves. Then the canary's targets and the whole rule are watched. A step is passed when its time is over,
enough requests came, and nothing was wrong:

  * errors (5xx and attempts that failed) of the canary, or of the rule, above --max-errors percent;
  * p99 of the canary above --max-p99 milliseconds, or above --max-slower times that of the other destinations.

Otherwise, and on Ctrl-C or SIGTERM, the version before the first step is restored. If somebody else published anything
of this owner meanwhile, no step is made on top of it: the script says so and ends, and what is published stays. A
rollback comes even then: the old weights are put into what is there now, and nothing else is touched.

Counts come in by the minute; the first seconds of a step still see the minute before it. Where the admin API is and
who asks is found as the ``weir`` command finds it: --url and WEIR_TOKEN, the saved login (``weir login``), or a gateway
on this machine (--state). The token needs the role editor.

Exit codes: 0 all steps passed; 1 rolled back, or too few requests to judge (rolled back too); 2 wrong arguments, no
such rule, or no access; 3 the API is away: the weights are as the last line says; 4 somebody else published meanwhile;
130 stopped by a person (rolled back).
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from weir.api.traffic import RuleQuery, TargetsQuery, Traffic
from weir.client import access
from weir.client.client import Client
from weir.client.errors import ApiError, Away, OutcomeUnknown, Refused, Stale
from weir.models.document import Document, Group, Owner, Rule
from weir.models.rule_clauses import Proxy, RuleClause
from weir.models.values import Destination

FINE, ROLLED_BACK, BAD_INPUT, AWAY, CONFLICT, STOPPED = 0, 1, 2, 3, 4, 130
PATIENCE_S = 60.0
"""How long the API may be away during a step."""
Answer = TypeVar("Answer")


class NotPossible(Exception):
    """What was asked for cannot be done; the message says why."""


class Overtaken(Exception):
    """Somebody else published; the message says who."""


class Judgement(NamedTuple):
    """Of one look; ``wrong`` is empty as long as nothing is."""

    wrong: str
    requests: int
    """Of the canary."""
    seen: str
    """In words, for the screen."""


class Held(NamedTuple):
    """What this script published last, or found at first."""

    number: int
    etag: str


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        found = access.find(os.environ, url=options.url, state=Path(options.state))
        with Client.at(found) as weir:
            canary = Canary(weir, options)
            for sign in (signal.SIGINT, signal.SIGTERM):
                signal.signal(sign, _stop)
            return canary.run()
    except (NotPossible, access.NoAccess, ValueError, Refused) as error:
        return failed(BAD_INPUT, error)
    except ApiError as error:
        return failed(AWAY, error)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, prog="canary.py"
    )
    made.add_argument("rule", help="its name; group/rule in a group")
    made.add_argument("canary", help="the destination that gets more and more: an upstream's name or a URL")
    made.add_argument(
        "--owner", choices=("file", "api", "k8s"), default="api", help="of the rule (default: api)"
    )
    made.add_argument(
        "--steps", type=steps, default=(5, 25, 50, 100), metavar="N,N", help="percent (5,25,50,100)"
    )
    made.add_argument("--hold", type=float, default=120.0, metavar="S", help="seconds of each step (120)")
    made.add_argument("--every", type=float, default=5.0, metavar="S", help="seconds between two looks (5)")
    made.add_argument(
        "--max-errors", type=float, default=1.0, metavar="%", help="of the canary and the rule (1)"
    )
    made.add_argument("--max-p99", type=float, default=0.0, metavar="MS", help="of the canary (0: any)")
    made.add_argument(
        "--max-slower", type=float, default=0.0, metavar="X", help="than the others, p99 (0: any)"
    )
    made.add_argument(
        "--requests", type=int, default=50, metavar="N", help="that a step needs to be judged (50)"
    )
    made.add_argument(
        "--wait", type=float, default=900.0, metavar="S", help="longest for those, beyond --hold (900)"
    )
    made.add_argument("--url", default="", help="address of the admin API")
    made.add_argument(
        "--state",
        default=os.environ.get("WEIR_STATE", "").strip() or ".weir",
        metavar="DIR",
        help="state directory of a gateway on this machine (default: WEIR_STATE, else .weir)",
    )
    return made


def steps(text: str) -> tuple[int, ...]:
    """Percentages that grow. Raises ArgumentTypeError."""
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or sorted(set(found)) != list(found) or not 1 <= found[0] <= found[-1] <= 100:
        raise argparse.ArgumentTypeError("percentages from 1 to 100 that grow, such as 5,25,50,100")
    return found


class Canary:
    """``run`` it once."""

    def __init__(self, weir: Client, options: argparse.Namespace) -> None:
        """Raises NotPossible, ApiError."""
        self._weir = weir
        self._options = options
        self._owner: Owner = options.owner
        held = weir.config.get(self._owner)
        self._document = held.config.document
        self._first = self._last = Held(held.config.number, held.etag)
        self._rule = proxy_of(self._document, options.rule)
        """As it was, to be put back."""
        self._begun = False
        if options.canary not in [each.to for each in self._rule.to] or len(self._rule.to) < 2:
            known = ", ".join(each.to for each in self._rule.to)
            raise NotPossible(
                f"rule {options.rule} does not send to {options.canary} and others, but to {known}"
            )

    def run(self) -> int:
        """Every step, or the way back."""
        try:
            for percent in self._options.steps:
                self._publish(percent)
                wrong = self._watch(percent)
                if wrong:
                    say(f"{percent} %: {wrong}")
                    return self._roll_back(ROLLED_BACK, wrong)
        except KeyboardInterrupt:
            return self._roll_back(STOPPED, "stopped by a person")
        except Overtaken as error:
            more = f"nothing more is done; the version before all steps is {self._first.number}"
            return failed(CONFLICT, f"{error} meanwhile; {more}")
        except OutcomeUnknown as error:
            return failed(AWAY, f"{error}; the version before is {self._first.number}")
        except Away as error:
            last = f"the last version published here is {self._last.number}, the one before all {self._first.number}"
            return failed(AWAY, f"{error}; {last}")
        say(f"done: {self._options.canary} has {self._options.steps[-1]} %")
        return FINE

    def _publish(self, percent: int) -> None:
        """Raises Overtaken if anything else of this owner was published since the last step."""
        options = self._options
        to = weights(self._rule.to, options.canary, percent)
        self._begun = True
        try:
            written = self._weir.config.replace(
                with_proxy(self._document, options.rule, Proxy(to=to)),
                if_match=self._last.etag,
                owner=self._owner,
                message=f"canary: {options.rule} sends {percent} % to {options.canary}",
            )
        except Stale as error:
            raise Overtaken(_who(error)) from error
        mine = written.number if written.outcome != "unchanged" else self._last.number
        held = self._weir.config.get(self._owner)
        if held.config.number != mine:
            raise Overtaken(f"somebody published version {held.config.number}")
        self._last = Held(mine, held.etag)
        shares = ", ".join(f"{each.to} {each.weight}" for each in to)
        say(f"{percent} %: version {mine}: {shares}")

    def _watch(self, percent: int) -> str:
        """What is wrong, or empty when the step is passed."""
        options = self._options
        began = time.monotonic()
        while True:
            time.sleep(options.every)
            judged = self._patiently(self._judge)
            held_s = time.monotonic() - began
            say(f"{percent} %: {held_s:.0f} s: {judged.seen}")
            if judged.wrong:
                return judged.wrong
            if held_s >= options.hold and judged.requests >= options.requests:
                return ""
            if held_s >= options.hold + options.wait:
                return f"{judged.requests} requests in {held_s:.0f} s are too few to judge"

    def _judge(self) -> Judgement:
        options = self._options
        canary = self._destination(options.canary)
        others = [self._destination(each.to) for each in self._rule.to if each.to != options.canary]
        series = self._weir.traffic.rule(RuleQuery(name=options.rule, owner=self._owner, window="1m"))
        return judge(canary, others, series.total, options)

    def _destination(self, name: str) -> Traffic:
        """Of all its targets, in the minute that runs and the one before it."""
        query = TargetsQuery(window="1m", owner=self._owner, upstream=name)
        return together([each.traffic for each in self._weir.traffic.every_target(query)])

    def _patiently(self, ask: Callable[[], Answer]) -> Answer:
        """Raises Away if the API stays away."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                return ask()
            except Away as error:
                if time.monotonic() >= until:
                    raise
                say(f"waiting for the API: {error}")
                time.sleep(self._options.every)

    def _roll_back(self, code: int, why: str) -> int:
        """The version before; where somebody else published meanwhile, the old weights on top of that."""
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, signal.SIG_IGN)
        if not self._begun:
            say("nothing was published")
            return code
        message = f"canary: rollback of {self._options.rule} to version {self._first.number}: {why}"[:4096]
        try:
            number = self._patiently(lambda: self._go_back(message))
        except ApiError as error:
            return failed(AWAY, f"not rolled back: {error}; do it with: weir restore {self._first.number}")
        except NotPossible as error:
            return failed(CONFLICT, f"not rolled back: {error}")
        say(f"rolled back: version {number}")
        return code

    def _go_back(self, message: str) -> int:
        try:
            return self._weir.versions.restore(
                self._first.number, if_match=self._last.etag, owner=self._owner, message=message
            ).number
        except Stale:
            held = self._weir.config.get(self._owner)
            document = with_proxy(held.config.document, self._options.rule, self._rule)
            return self._weir.config.replace(
                document, if_match=held.etag, owner=self._owner, message=message
            ).number


def judge(
    canary: Traffic, others: Iterable[Traffic], rule: Traffic, options: argparse.Namespace
) -> Judgement:
    """Pure. Ratios of a handful of requests say nothing: at least a tenth of ``--requests`` must be there."""
    enough = max(1, options.requests // 10)
    errors, of_rule = canary.error_ratio * 100, rule.error_ratio * 100
    slowest = max((each.p99_ms for each in others if each.requests >= enough), default=0.0)
    wrong = ""
    if canary.requests >= enough and errors > options.max_errors:
        wrong = f"{errors:.2f} % errors of the canary; at most {options.max_errors} % may be"
    elif rule.requests >= enough and of_rule > options.max_errors:
        wrong = f"{of_rule:.2f} % errors of the rule; at most {options.max_errors} % may be"
    elif canary.requests >= enough and 0 < options.max_p99 < canary.p99_ms:
        wrong = f"p99 of the canary is {canary.p99_ms:.0f} ms; at most {options.max_p99:.0f} ms may be"
    elif canary.requests >= enough and slowest and 0 < options.max_slower * slowest < canary.p99_ms:
        wrong = f"p99 of the canary is {canary.p99_ms:.0f} ms, of the others {slowest:.0f} ms"
    seen = f"canary {canary.requests} requests, {errors:.2f} % errors, p99 {canary.p99_ms:.0f} ms"
    return Judgement(
        wrong, canary.requests, f"{seen}; others p99 {slowest:.0f} ms; rule {of_rule:.2f} % errors"
    )


def together(targets: list[Traffic]) -> Traffic:
    """Requests and errors of all, and the p99 of the worst."""
    requests = sum(each.requests for each in targets)
    errors = sum(each.error_ratio * each.requests for each in targets)
    return Traffic(
        requests=requests,
        error_ratio=errors / requests if requests else 0.0,
        p99_ms=max((each.p99_ms for each in targets), default=0.0),
    )


def weights(to: tuple[Destination, ...], canary: str, percent: int) -> tuple[Destination, ...]:
    """``percent`` for the canary; the others share the rest as they did, in whole numbers. Raises NotPossible."""
    before = sum(each.weight for each in to if each.to != canary)
    rest = 100 - percent
    if before == 0 and rest:
        raise NotPossible("the other destinations have no weight, so that it is not known how they share")
    exact = {each.to: each.weight * rest / before if before else 0.0 for each in to if each.to != canary}
    whole = {name: int(share) for name, share in exact.items()}
    for name in sorted(exact, key=lambda name: whole[name] - exact[name])[: rest - sum(whole.values())]:
        whole[name] += 1
    return tuple(
        msgspec.structs.replace(each, weight=percent if each.to == canary else whole[each.to]) for each in to
    )


def proxy_of(document: Document, name: str) -> Proxy:
    """The rule's own clause. Raises NotPossible."""
    for definition in document.definitions:
        if isinstance(definition, Rule) and definition.name == name:
            return _proxy(definition.clauses, name)
        if isinstance(definition, Group):
            for member in definition.members:
                if isinstance(member, Rule) and f"{definition.name}/{member.name}" == name:
                    return _proxy(member.clauses, name)
    raise NotPossible(f"there is no rule {name}")


def with_proxy(document: Document, name: str, proxy: Proxy) -> Document:
    """The same with other destinations in this rule. Raises NotPossible if it is not there any more."""
    proxy_of(document, name)
    definitions = []
    for definition in document.definitions:
        if isinstance(definition, Rule) and definition.name == name:
            definition = _replaced(definition, proxy)
        elif isinstance(definition, Group):
            members = tuple(
                _replaced(member, proxy)
                if isinstance(member, Rule) and f"{definition.name}/{member.name}" == name
                else member
                for member in definition.members
            )
            definition = msgspec.structs.replace(definition, members=members)
        definitions.append(definition)
    return msgspec.structs.replace(document, definitions=tuple(definitions))


def _proxy(clauses: Iterable[RuleClause], name: str) -> Proxy:
    for clause in clauses:
        if isinstance(clause, Proxy):
            return clause
    raise NotPossible(f"rule {name} has no proxy of its own")


def _replaced(rule: Rule, proxy: Proxy) -> Rule:
    clauses = tuple(
        msgspec.structs.replace(clause, to=proxy.to) if isinstance(clause, Proxy) else clause
        for clause in rule.clauses
    )
    return msgspec.structs.replace(rule, clauses=clauses)


def _who(error: Stale) -> str:
    winner = error.winner
    return f"{winner.author} published version {winner.number}" if winner else "somebody published"


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


def failed(code: int, error: Exception | str) -> int:
    print(f"canary: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
