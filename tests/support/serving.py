"""Upstreams brought to work as a version that is published does it."""

from __future__ import annotations

from collections.abc import Iterable

from edge.upstream.upstreams import PoolId, Upstream, Upstreams
from weir.models.document import Owner
from weir.models.effective import Pool


def serve(
    upstreams: Upstreams,
    *pools: Pool | tuple[Owner, Pool],
    secret: str = "",
    retried: Iterable[PoolId] = (),
) -> list[Upstream]:
    """The version has these and no others; those without an owner are the file's."""
    draft = upstreams.draft()
    owned = [("file", each) if isinstance(each, Pool) else each for each in pools]
    made = [draft.upstream(owner, pool, secret) for owner, pool in owned]  # type: ignore[arg-type]
    upstreams.take(draft, retried)
    return made
