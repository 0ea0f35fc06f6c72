"""Document → what it means: references substituted, groups and named limits applied.

References resolve inside one owner's document only. An ``Environment`` is what the definitions of one chunk need
to know of the others; equal environments have equal digests, so a chunk whose bytes and environment did not change
need not be resolved again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

import msgspec

from weir.models.condition import And, AnyRequest, Compare, Condition
from weir.models.document import Define, Definition, Group, Limit, Rule
from weir.models.effective import Counted, Route
from weir.models.rule_clauses import (
    AllowIp,
    Compress,
    Cors,
    DenyIp,
    EditHeader,
    Host,
    InlineLimit,
    Log,
    MaxSize,
    Mirror,
    Priority,
    Proxy,
    ProxyByPath,
    Require,
    Retry,
    RuleClause,
    Tag,
    Timeout,
    UseLimit,
    When,
)
from weir.rules.defines import substitute, without_references
from weir.rules.inherit import ACTIONS, PATH_EDITS, inherit, last, merged_timeout
from weir.rules.outline import clauses_of


class Environment(msgspec.Struct, frozen=True):
    """What the definitions of one owner share."""

    defines: dict[str, Condition]
    """What each stands for, without references."""
    limits: dict[str, Limit]
    groups: dict[str, tuple[RuleClause, ...]]
    """The clauses of each group, also of one that spans chunks."""
    digest: str


def environment(definitions: Iterable[Definition]) -> Environment:
    """Of all definitions of one owner, over all its chunks."""
    defines: dict[str, Condition] = {}
    limits: dict[str, Limit] = {}
    groups: dict[str, tuple[RuleClause, ...]] = {}
    for definition in definitions:
        if isinstance(definition, Define):
            defines[definition.name] = definition.condition
        elif isinstance(definition, Limit):
            limits[definition.name] = definition
        elif isinstance(definition, Group):
            groups[definition.name] = groups.get(definition.name, ()) + clauses_of(definition)
    digest = sha256(msgspec.msgpack.encode((defines, limits, groups), order="deterministic")).hexdigest()
    return Environment(without_references(defines), limits, groups, digest)


def routes(
    definitions: Sequence[Definition], environment: Environment, *, continues_group: bool = False
) -> tuple[Route, ...]:
    """The routes of one chunk, in order. The document must have passed its check."""
    found: list[Route] = []
    for index, definition in enumerate(definitions):
        if isinstance(definition, Rule):
            condition = _condition(definition.clauses, environment)
            found += _routes_of(definition.name, definition.clauses, condition, environment)
        elif isinstance(definition, Group):
            found += _routes_of_group(definition, environment, goes_on=continues_group and index == 0)
    return tuple(found)


def _routes_of_group(group: Group, environment: Environment, *, goes_on: bool) -> list[Route]:
    """The group itself is a rule where it has an action; it stands first, and ranks by its condition."""
    inherited = environment.groups[group.name]
    outer = _condition(inherited, environment)
    found: list[Route] = []
    if not goes_on and any(isinstance(clause, ACTIONS) for clause in inherited):
        found += _routes_of(group.name, inherited, outer, environment)
    for member in group.members:
        if isinstance(member, Rule):
            clauses = inherit(inherited, member.clauses)
            condition = _both(outer, _condition(member.clauses, environment))
            found += _routes_of(f"{group.name}/{member.name}", clauses, condition, environment)
    return found


def _routes_of(
    name: str, clauses: Sequence[RuleClause], condition: Condition, environment: Environment
) -> list[Route]:
    shared = _shared(name, clauses, environment)
    action = next(clause for clause in clauses if isinstance(clause, ACTIONS))
    if not isinstance(action, ProxyByPath):
        return [Route(condition=condition, action=action, **shared)]
    return [
        Route(
            path_line=line.prefix,
            condition=_both(condition, Compare("path", "under", line.prefix)),
            action=Proxy(to=line.to),
            **shared,
        )
        for line in action.lines
    ]


def _shared(name: str, clauses: Sequence[RuleClause], environment: Environment) -> dict[str, Any]:
    """What all lines of a ``proxy by path`` have in common: every field but condition and action."""
    said: dict[type, Any] = {
        type(clause): clause for clause in clauses
    }  # the last of a kind has the last word
    allow, deny, priority, log, tag = (said.get(kind) for kind in (AllowIp, DenyIp, Priority, Log, Tag))
    size = next((clause for clause in clauses if isinstance(clause, MaxSize) and clause.part == "body"), None)
    return {
        "name": name,
        "priority": priority.value if priority else 0,
        "allow_ip": allow.networks if allow else None,
        "deny_ip": deny.networks if deny else (),
        "require": said.get(Require),
        "limits": _limits(name, clauses, environment),
        "cors": said.get(Cors),
        "path_edit": next(filter(None, map(said.get, PATH_EDITS)), None),
        "headers": tuple(clause for clause in clauses if isinstance(clause, EditHeader)),
        "host": said.get(Host),
        "timeout": merged_timeout(clause for clause in clauses if isinstance(clause, Timeout)),
        "max_body": size.bytes if size else None,
        "mirror": said.get(Mirror),
        "retry": said.get(Retry),
        "compress": said.get(Compress),
        "tags": tag.tags if tag else (),
        "log": log.on if log else None,
    }


def _limits(name: str, clauses: Sequence[RuleClause], environment: Environment) -> tuple[Counted, ...]:
    """An inline limit is known by its rule and ordinal, so that a publish does not reset its counters.

    A named limit may say what each request costs, and a rule so many times that.
    """
    found: list[Counted] = []
    for ordinal, clause in enumerate(c for c in clauses if isinstance(c, UseLimit | InlineLimit)):
        if isinstance(clause, InlineLimit):
            found.append(Counted(f"{name}#{ordinal}", clause.rate, clause.rate.cost))
        else:
            rates = environment.limits[clause.name].rates
            found += [
                Counted(_named(clause.name, index), line.rate, clause.cost * line.rate.cost)
                for index, line in enumerate(rates)
            ]
    return tuple(found)


def _named(limit: str, index: int) -> str:
    """The second line and on are known by two signs, because ``gold#1`` is a limit of a rule called gold."""
    return f"{limit}##{index}" if index else limit


def _condition(clauses: Sequence[RuleClause], environment: Environment) -> Condition:
    when = last(clauses, When)
    return substitute(when.condition, environment.defines) if when else AnyRequest()


def _both(left: Condition, right: Condition) -> Condition:
    """``left and right``, leaving out what is always true."""
    if isinstance(left, AnyRequest):
        return right
    return left if isinstance(right, AnyRequest) else And((left, right))
