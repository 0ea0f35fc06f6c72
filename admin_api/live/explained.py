"""What of the present an explanation must say: targets that the winner would use, and that are drained. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from weir.models.explanation import Explanation
from weir.routing.described import Configuration, Described, facts_of
from weir.rules.pools import destinations
from weir.store.drains import Drain

MOST = 10
"""Targets that are named."""


def with_drains(
    found: Explanation, configuration: Configuration, request: Described, drains: Iterable[Drain]
) -> Explanation:
    """``found`` with a decision for each drained target of the winner's upstreams. Raises BadRequest."""
    told = list(drains)
    if found.winner is None or not told:
        return found
    sentences = list(_sentences(found.candidates[found.winner].owner, configuration, request, told))
    more = [f"and {len(sentences) - MOST} more targets that are drained"] if len(sentences) > MOST else []
    return msgspec.structs.replace(found, decisions=(*found.decisions, *sentences[:MOST], *more))


def _sentences(
    owner: str, configuration: Configuration, request: Described, drains: list[Drain]
) -> Iterator[str]:
    match = configuration.table.match(facts_of(request, configuration.settings))
    names = set(destinations(match.route)) if match is not None else set()
    urls = {
        (f"{owner}/{name}", target.url)
        for own, pools in configuration.pools.items()
        if own == owner
        for name in names & pools.keys()
        for target in pools[name].targets
    }
    for drain in drains:
        if drain.member in urls:
            why = f" ({drain.reason})" if drain.reason else ""
            yield (
                f"target {drain.url} of {drain.upstream.partition('/')[2]} is drained for {left_text(drain.left_ms)} "
                f"more and gets no new requests{why}"
            )


def left_text(milliseconds: int) -> str:
    """Rounded up, in the largest unit that fits: ``3 h``."""
    seconds = -(-milliseconds // 1000)
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{-(-seconds // length)} {unit}"
    return f"{seconds} s"
