"""Why a request gets its rule: every candidate in rank order, what failed, and what decided between the best two.

Runs the very tests that matching runs (``predicate.compile_term``), on every term, also those that the index proves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from weir.models.effective import Pool, Route, Settings
from weir.models.explanation import Candidate, Explanation, Failure
from weir.routing.alternatives import Term
from weir.routing.counted import counted
from weir.routing.entry import Entry
from weir.routing.facts import Facts
from weir.routing.health import health
from weir.routing.origins import Origins
from weir.routing.places import places
from weir.routing.precedence import advantage, deciding_component
from weir.routing.predicate import compile_term, reader_of
from weir.routing.required import required
from weir.routing.retries import retries
from weir.routing.table import Table

NO_POOLS: Mapping[str, Pool] = MappingProxyType({})
BUILT_IN = Settings()
DEFAULT_LIMIT = 1_000
"""Candidates that are told."""


def explain(
    table: Table,
    facts: Facts,
    *,
    all: bool = False,  # noqa: A002
    limit: int = DEFAULT_LIMIT,
    pools: Mapping[str, Pool] = NO_POOLS,
    settings: Settings = BUILT_IN,
) -> Explanation:
    """What ``table.match(facts)`` decides, and why.

    With ``all`` also the rules that the index ruled out by host and path. At most ``limit`` candidates are told, but
    winner and runner-up are found among all of them. ``pools`` and ``settings`` say what rules leave open.
    """
    indexed = table.candidates(facts.host, facts.path)
    known = {id(entry) for entry in indexed}
    tested = sorted(table.entries(), key=lambda entry: entry.rank) if all else indexed
    judged = [(entry, _first_failure(entry.alternative, facts)) for entry in tested]
    # What holds without being indexed is a part of a list of hosts whose other part is for this host.
    judged = [(entry, failure) for entry, failure in judged if failure is not None or id(entry) in known]
    entries, failures = [entry for entry, _ in judged], [failure for _, failure in judged]
    matching = [place for place, failure in enumerate(failures) if failure is None]
    winner = matching[0] if matching else None
    runner_up = None
    if winner is not None:
        best = entries[winner]
        runner_up = next((place for place in matching if entries[place].route is not best.route), None)
    decided_by = because = ""
    if winner is not None and runner_up is not None:
        ranks = entries[winner].rank, entries[runner_up].rank
        decided_by, because = deciding_component(*ranks), advantage(*ranks)
    told = _told(len(entries), limit, winner, runner_up)
    return Explanation(
        method=facts.method,
        host=facts.host,
        path=facts.path,
        candidates=tuple(
            _candidate(entries[place], failures[place], id(entries[place]) in known) for place in told
        ),
        winner=None if winner is None else told.index(winner),
        captures={} if winner is None else dict(entries[winner].match(facts).captures),
        runner_up=None if runner_up is None else told.index(runner_up),
        decided_by=decided_by,
        decided_because=because,
        left_out=len(entries) - len(told),
        decisions=() if winner is None else tuple(_decisions(entries[winner].route, facts, pools, settings)),
    )


def _decisions(route: Route, facts: Facts, pools: Mapping[str, Pool], settings: Settings) -> Iterator[str]:
    yield from required(route, facts)
    yield from counted(route, facts)
    yield from retries(route, facts, pools, settings)
    yield from places(route, pools)
    yield from health(route, pools)
    if route.mirror is not None:
        yield f"mirror: of these requests, {route.mirror.percent:g}% go to {route.mirror.to} too"
    compress = settings.compress if route.compress is None else route.compress
    if compress is not None and compress.encodings:
        accepted = facts.header("accept-encoding")
        asks = f"accepts {accepted}" if accepted else "accepts no coding"
        yield f"compress: text-like answers may go out as {', '.join(compress.encodings)}; this request {asks}"
    origin = facts.header("origin")
    if route.cors is not None and origin is not None:
        allowed = "may" if origin in Origins(route.cors.origins) else "may not"
        yield f"cors: scripts of {origin} {allowed} read the answer"
        if facts.method == "OPTIONS" and facts.header("access-control-request-method") is not None:
            yield "cors: this is a preflight; it is answered here and does not reach the upstream"


def _first_failure(terms: Iterable[Term], facts: Facts) -> Failure | None:
    for term in terms:
        if not compile_term(term)(facts):
            return Failure(term.text(), reader_of(term.field, term.name)(facts))
    return None


def _told(count: int, limit: int, *always: int | None) -> list[int]:
    """The first places, and those that must not be missing."""
    return sorted({*range(min(count, limit)), *(place for place in always if place is not None)})


def _candidate(entry: Entry, failure: Failure | None, indexed: bool) -> Candidate:
    return Candidate(
        rule=entry.route.name,
        path_line=entry.route.path_line,
        owner=entry.owner,
        comparisons=tuple(term.text() for term in entry.alternative),
        matches=failure is None,
        failure=failure,
        indexed=indexed,
    )


def explain_text(explanation: Explanation) -> str:
    """For a person, one line per candidate."""
    lines = [f"{explanation.method} {explanation.host}{explanation.path}", ""]
    width = max((len(_label(candidate)) for candidate in explanation.candidates), default=0)
    for place, candidate in enumerate(explanation.candidates):
        mark = "=>" if place == explanation.winner else "  "
        lines.append(f"{mark} {_label(candidate):{width}}  {_outcome(candidate)}")
    if explanation.left_out:
        lines.append(f"   … and {explanation.left_out} more")
    return "\n".join([*lines, "", *_verdict(explanation)])


def _label(candidate: Candidate) -> str:
    return f"{candidate.rule} {candidate.path_line}".rstrip()


def _outcome(candidate: Candidate) -> str:
    if candidate.failure is None:
        return f"matches: {' and '.join(candidate.comparisons) or 'any'}"
    actual = candidate.failure.actual
    value = "is absent" if actual is None else f'is "{actual}"'
    return f"failed: {candidate.failure.comparison} (it {value})"


def _verdict(explanation: Explanation) -> list[str]:
    if explanation.winner is None:
        return ["No rule matches: the answer is 404."]
    winner = explanation.candidates[explanation.winner]
    lines = [f"Rule {_label(winner)} answers."]
    lines += [f"  {{{name}}} = {value}" for name, value in explanation.captures.items()]
    lines += [f"  {decision}" for decision in explanation.decisions]
    if explanation.runner_up is not None:
        other = explanation.candidates[explanation.runner_up]
        lines.append(f"{_label(other)} matches too, but {_label(winner)} has {explanation.decided_because}.")
    return lines
