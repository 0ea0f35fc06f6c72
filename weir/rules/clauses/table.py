"""Every clause of the language, in the order of the reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from weir.models.node import Clause
from weir.rules.clauses import access, actions, cluster, limits, rewriting, selection, traffic, upstreams
from weir.rules.syntax import Braces, Place, Syntax

SYNTAXES: tuple[Syntax, ...] = (
    *selection.SYNTAXES,
    *actions.SYNTAXES,
    *access.SYNTAXES,
    *limits.SYNTAXES,
    *rewriting.SYNTAXES,
    *traffic.SYNTAXES,
    *upstreams.SYNTAXES,
    *cluster.SYNTAXES,
)


def _by_word(place: Place) -> Mapping[str, Syntax]:
    return MappingProxyType({syntax.word: syntax for syntax in SYNTAXES if place in syntax.places})


BY_PLACE: Mapping[Place, Mapping[str, Syntax]] = MappingProxyType(
    {"rule": _by_word("rule"), "upstream": _by_word("upstream"), "defaults": _by_word("defaults")}
)

WRITERS: Mapping[type[Clause], Callable[[Any], str | Braces]] = MappingProxyType(
    {kind: syntax.write for syntax in SYNTAXES for kind in syntax.kinds}
)
