"""What ``defaults`` of all owners come to, over the built-in values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from weir.models.default_clauses import MaxStale, MergeSlashes, TrustedProxies
from weir.models.document import OWNERS, Defaults, Definition, Owner
from weir.models.effective import Settings, timeouts_over
from weir.models.rule_clauses import Compress, Host, Log, MaxSize, Retry, Timeout
from weir.models.upstream_clauses import Budget


def settings(by_owner: Mapping[Owner, Iterable[Definition]]) -> Settings:
    """Over the built-in values: the defaults of ``k8s``, then ``api``, then ``file``, which has the last word."""
    result = Settings()
    for owner in reversed(OWNERS):
        for definition in by_owner.get(owner, ()):
            if isinstance(definition, Defaults):
                for clause in definition.clauses:
                    result = msgspec.structs.replace(result, **_setting(clause, result))
    return result


def _setting(clause: msgspec.Struct, current: Settings) -> dict[str, object]:
    match clause:
        case Timeout():
            return {"timeouts": timeouts_over(current.timeouts, clause)}
        case TrustedProxies():
            return {"trusted_proxies": clause.networks}
        case MergeSlashes():
            return {"merge_slashes": clause.on}
        case MaxStale():
            return {"credentials_max_stale_ms": clause.for_ms}
        case MaxSize():
            return {f"max_{clause.part}": clause.bytes}
        case Log():
            return {"log": clause.on}
        case Retry():
            return {"retry": clause}
        case Budget():
            return {"budget": clause}
        case Compress():
            return {"compress": clause}
        case Host():
            return {"host": clause}
    raise AssertionError(f"{type(clause).__name__} is no clause of defaults")
