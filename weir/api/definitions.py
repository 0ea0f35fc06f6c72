"""Single definitions of a configuration: rules, groups, upstreams, named limits and named conditions.

Each kind has the same four operations. A write publishes a whole new version of the owner's configuration, in which
only this definition differs. A rule in a group is called ``group/rule``; in a path that slash is ``%2F``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple, TypeAlias

import msgspec

from weir.api.changes import Write, Written
from weir.api.operation import Operation, Page
from weir.models.document import Define, Group, Limit, Owner, Rule, Upstream

Text: TypeAlias = Annotated[str, msgspec.Meta(max_length=512)]


class DefinitionsQuery(Page, frozen=True, forbid_unknown_fields=True):
    owner: Owner | None = None
    """Without: of all owners, in their order of precedence."""
    q: Text = ""
    """In the name or in anything that the definition says, in any case of letters."""


class RulesQuery(DefinitionsQuery, frozen=True, forbid_unknown_fields=True):
    """Rules and groups; a rule has what its group gives it, too."""

    tag: Text = ""
    host: Text = ""
    """Those whose condition names this host, or a wildcard over it."""
    upstream: Text = ""
    """Those that send to this upstream or URL, mirrors included."""


class RuleItem(msgspec.Struct, frozen=True, kw_only=True):
    owner: Owner
    name: str
    """With the name of its group before it, if it is in one."""
    etag: str
    definition: Rule


class GroupItem(msgspec.Struct, frozen=True, kw_only=True):
    owner: Owner
    name: str
    etag: str
    definition: Group


class UpstreamItem(msgspec.Struct, frozen=True, kw_only=True):
    owner: Owner
    name: str
    etag: str
    definition: Upstream


class LimitItem(msgspec.Struct, frozen=True, kw_only=True):
    owner: Owner
    name: str
    etag: str
    definition: Limit


class DefineItem(msgspec.Struct, frozen=True, kw_only=True):
    owner: Owner
    name: str
    etag: str
    definition: Define


class RulesPage(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[RuleItem, ...]
    next: str = ""


class GroupsPage(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[GroupItem, ...]
    next: str = ""


class UpstreamsPage(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[UpstreamItem, ...]
    next: str = ""


class LimitsPage(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[LimitItem, ...]
    next: str = ""


class DefinesPage(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[DefineItem, ...]
    next: str = ""


class DefinitionQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    owner: Owner = "api"


class Put(Write, frozen=True, forbid_unknown_fields=True):
    before: Text = ""
    """Place it before this one; rules and groups stand among each other, rules of a group among themselves."""
    after: Text = ""
    """Place it behind this one. Without either, what exists stays where it is, and what is new goes to the end."""


Kind: TypeAlias = Literal["rule", "group", "upstream", "limit", "define"]


class Resource(NamedTuple):
    """One kind of definition as a resource."""

    kind: Kind
    plural: str
    definition: type
    item: type
    page: type
    query: type[msgspec.Struct]
    title: str
    """In a sentence, with its article."""


RESOURCES = (
    Resource("rule", "rules", Rule, RuleItem, RulesPage, RulesQuery, "a rule"),
    Resource("group", "groups", Group, GroupItem, GroupsPage, RulesQuery, "a group with its rules"),
    Resource("upstream", "upstreams", Upstream, UpstreamItem, UpstreamsPage, DefinitionsQuery, "an upstream"),
    Resource("limit", "limits", Limit, LimitItem, LimitsPage, DefinitionsQuery, "a named limit"),
    Resource("define", "defines", Define, DefineItem, DefinesPage, DefinitionsQuery, "a named condition"),
)


def _operations(resource: Resource) -> tuple[Operation, ...]:
    one: dict[str, Any] = {"path": f"/{resource.plural}/{{name}}"}
    written: dict[str, Any] = {"result": Written, "role": "editor", "precondition": True}
    return (
        Operation(
            id=f"{resource.plural}.list",
            method="GET",
            path=f"/{resource.plural}",
            summary=f"Lists {resource.plural} in their order.",
            role="viewer",
            query=resource.query,
            result=resource.page,
        ),
        Operation(
            id=f"{resource.plural}.get",
            method="GET",
            summary=f"Gives {resource.title}, as JSON or as .weir text.",
            role="viewer",
            query=DefinitionQuery,
            result=resource.definition,
            media=("application/json", "text/plain"),
            etag=True,
            refusals=(404,),
            **one,
        ),
        Operation(
            id=f"{resource.plural}.replace",
            method="PUT",
            summary=f"Creates, replaces or moves {resource.title}; the name in the body is the one in the path.",
            query=Put,
            body=resource.definition,
            body_media=("application/json", "text/plain"),
            etag=True,
            refusals=(404, 409, 412, 422),
            max_body=16 << 20,
            **one,
            **written,
        ),
        Operation(
            id=f"{resource.plural}.delete",
            method="DELETE",
            summary=f"Removes {resource.title}; refused while something refers to it.",
            query=Write,
            refusals=(404, 412, 422),
            **one,
            **written,
        ),
    )


OPERATIONS = tuple(operation for resource in RESOURCES for operation in _operations(resource))
