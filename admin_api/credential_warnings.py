"""What rules ask for and nobody has: a look at the records beside the look at the rules. Never an error.

A rule may well be there before the first key is. Each thing that is missing is said once, at the first rule that asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from admin_api.accounts import Accounts
from weir.models.document import Document, Group, Rule
from weir.models.problem import Problem
from weir.models.rule_clauses import Require
from weir.models.values import Requirement

MOST_CONSUMERS = 1000
"""With more, tags and scopes are not looked for."""


class Asked(NamedTuple):
    """One alternative of a ``require``, and where it stands."""

    path: str
    requirement: Requirement


class Words(NamedTuple):
    """Of all consumers."""

    tags: frozenset[str]
    scopes: frozenset[str]


def credential_warnings(document: Document, accounts: Accounts) -> list[Problem]:
    """In the order of the document; without lines. Raises StoreAway and StoreError."""
    asked = list(requirements_in(document))
    return [*_kinds(asked, accounts), *_words(asked, accounts)] if asked else []


def requirements_in(document: Document) -> Iterator[Asked]:
    for place, definition in enumerate(document.definitions):
        path = f"definitions[{place}]"
        if isinstance(definition, Rule):
            yield from _of_rule(path, definition)
        elif isinstance(definition, Group):
            for number, member in enumerate(definition.members):
                inner = f"{path}.members[{number}]"
                if isinstance(member, Rule):
                    yield from _of_rule(inner, member)
                elif isinstance(member, Require):
                    yield from (Asked(inner, each) for each in member.any_of)


def _of_rule(path: str, rule: Rule) -> Iterator[Asked]:
    for clause in rule.clauses:
        if isinstance(clause, Require):
            yield from (Asked(path, each) for each in clause.any_of)


def _kinds(asked: list[Asked], accounts: Accounts) -> Iterator[Problem]:
    """Kinds of credentials of which there is none at all."""
    counts: dict[str, tuple[Callable[[], int], str]] = {
        "key": (accounts.keys.count, "API key: weir key create CONSUMER"),
        "basic": (accounts.basic_logins.count, "basic login: weir consumer password CONSUMER USER"),
        "hmac": (accounts.hmac_keys.count, "HMAC key: weir consumer hmac CONSUMER"),
        "token": (accounts.oauth_clients.count, "OAuth client: weir client create NAME"),
    }
    for path, requirement in asked:
        if requirement.method == "token" and "issuer" in requirement.options:
            continue
        known = counts.pop(requirement.method, None)
        if known is not None and known[0]() == 0:
            message = f"`require {requirement.method}` stands here, and there is no {known[1]}"
            yield Problem("no-credential", message, "warning", path=path)


def _words(asked: list[Asked], accounts: Accounts) -> Iterator[Problem]:
    """Tags and scopes that no consumer has. Scopes of tokens are their own."""
    wanted = [
        (path, kind, word)
        for path, requirement in asked
        for kind in ("tag", "scope")
        if kind == "tag" or requirement.method != "token"
        for word in requirement.options.get(kind, "").split()
    ]
    words = words_of(accounts) if wanted else None
    if words is None:
        return
    said: set[tuple[str, str]] = set()
    for path, kind, word in wanted:
        known = words.tags if kind == "tag" else words.scopes
        if word not in known and (kind, word) not in said:
            said.add((kind, word))
            yield Problem(f"unknown-{kind}", f'no consumer has the {kind} "{word}"', "warning", path=path)


def words_of(accounts: Accounts) -> Words | None:
    """None: there are too many to look at."""
    kept, more = accounts.consumers.page(limit=MOST_CONSUMERS)
    if more:
        return None
    return Words(
        frozenset(tag for each in kept for tag in each.record.tags),
        frozenset(scope for each in kept for scope in each.record.scopes),
    )
