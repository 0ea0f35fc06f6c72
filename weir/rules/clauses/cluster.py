"""Clauses that only ``defaults`` take: settings of the whole cluster."""

from __future__ import annotations

from weir.models.default_clauses import MaxStale, MergeSlashes, TrustedProxies
from weir.rules.clauses.traffic import read_switch, write_switch
from weir.rules.cursor import Cursor
from weir.rules.lexer import quote
from weir.rules.syntax import DEFAULTS, Syntax
from weir.rules.units import print_duration


def _read_trusted(cursor: Cursor) -> TrustedProxies:
    return TrustedProxies(networks=cursor.list_of(lambda: cursor.string("a network")))


def _read_credentials(cursor: Cursor) -> MaxStale:
    cursor.expect_word("max_stale")
    return MaxStale(for_ms=cursor.duration())


SYNTAXES = (
    Syntax(
        "trusted_proxies",
        (TrustedProxies,),
        _read_trusted,
        lambda trusted: f"trusted_proxies [{', '.join(map(quote, trusted.networks))}]",
        DEFAULTS,
        'trusted_proxies ["NETWORK", …]',
        "Whose X-Forwarded-* and Forwarded fields are believed; nobody's if not given.",
        ('trusted_proxies ["10.0.0.0/8"]',),
    ),
    Syntax(
        "merge_slashes",
        (MergeSlashes,),
        lambda cursor: MergeSlashes(on=read_switch(cursor)),
        lambda merge: f"merge_slashes {write_switch(merge.on)}",
        DEFAULTS,
        "merge_slashes on|off",
        "Whether // in a path is one slash; on if not given.",
        ("merge_slashes off",),
    ),
    Syntax(
        "credentials",
        (MaxStale,),
        _read_credentials,
        lambda stale: f"credentials max_stale {print_duration(stale.for_ms)}",
        DEFAULTS,
        "credentials max_stale D",
        "How long known credentials stay good while the store is away; 24h if not given.",
        ("credentials max_stale 12h",),
    ),
)
