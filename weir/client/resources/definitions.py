"""``rules``, ``groups``, ``upstreams``, ``limits`` and ``defines``: five resources of one shape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, NamedTuple, TypeVar, cast

import msgspec

from weir.api.changes import Write, Written
from weir.api.definitions import (
    RESOURCES,
    DefineItem,
    DefinitionQuery,
    DefinitionsQuery,
    GroupItem,
    LimitItem,
    Put,
    Resource,
    RuleItem,
    UpstreamItem,
)
from weir.api.operation import RULES_MEDIA
from weir.client.calls import Calls
from weir.client.pages import every
from weir.client.resources.config import HeldText
from weir.models.document import Define, Group, Limit, Owner, Rule, Upstream

D = TypeVar("D", Rule, Group, Upstream, Limit, Define)
I = TypeVar("I", RuleItem, GroupItem, UpstreamItem, LimitItem, DefineItem)  # noqa: E741

BY_PLURAL = {resource.plural: resource for resource in RESOURCES}


class Held(NamedTuple, Generic[D]):
    definition: D
    etag: str


class Definitions(Generic[D, I]):
    """Of one kind. A rule in a group is called ``group/rule``. What is not there is ``Missing``."""

    def __init__(self, calls: Calls, resource: Resource) -> None:
        self._calls = calls
        self._resource = resource

    def list(self, query: DefinitionsQuery | None = None) -> Any:
        """One page: ``items`` and ``next``. Rules and groups take a ``RulesQuery``."""
        return self._calls.call(f"{self._resource.plural}.list", query=self._query(query)).result

    def every(self, query: DefinitionsQuery | None = None) -> Iterator[I]:
        """In their order."""
        asked = self._query(query)
        return every(lambda cursor: self.list(msgspec.structs.replace(asked, cursor=cursor)))

    def get(self, name: str, owner: Owner = "api") -> Held[D]:
        reply = self._one("get", name, DefinitionQuery(owner))
        return Held(cast(D, reply.result), reply.etag)

    def text(self, name: str, owner: Owner = "api") -> HeldText:
        reply = self._calls.call(
            f"{self._resource.plural}.get",
            path={"name": name},
            query=DefinitionQuery(owner),
            accept=RULES_MEDIA,
        )
        return HeldText(cast(str, reply.result), reply.etag)

    def create(self, name: str, definition: D | str, write: Put | None = None) -> Written:
        """Refused where there is one of that name."""
        return cast(
            Written, self._one("replace", name, write or Put(), body=definition, if_none_match=True).result
        )

    def replace(self, name: str, definition: D | str, *, if_match: str, write: Put | None = None) -> Written:
        """``if_match`` is the etag of what was read, ``*`` for whatever is there. Raises Stale and Refused."""
        return cast(
            Written, self._one("replace", name, write or Put(), body=definition, if_match=if_match).result
        )

    def delete(self, name: str, *, if_match: str, write: Write | None = None) -> Written:
        return cast(Written, self._one("delete", name, write or Write(), if_match=if_match).result)

    def _one(self, verb: str, name: str, query: msgspec.Struct, **more: Any) -> Any:
        return self._calls.call(f"{self._resource.plural}.{verb}", path={"name": name}, query=query, **more)

    def _query(self, query: DefinitionsQuery | None) -> DefinitionsQuery:
        return cast(DefinitionsQuery, self._resource.query()) if query is None else query


def rules(calls: Calls) -> Definitions[Rule, RuleItem]:
    return Definitions(calls, BY_PLURAL["rules"])


def groups(calls: Calls) -> Definitions[Group, GroupItem]:
    return Definitions(calls, BY_PLURAL["groups"])


def upstreams(calls: Calls) -> Definitions[Upstream, UpstreamItem]:
    return Definitions(calls, BY_PLURAL["upstreams"])


def limits(calls: Calls) -> Definitions[Limit, LimitItem]:
    return Definitions(calls, BY_PLURAL["limits"])


def defines(calls: Calls) -> Definitions[Define, DefineItem]:
    return Definitions(calls, BY_PLURAL["defines"])
