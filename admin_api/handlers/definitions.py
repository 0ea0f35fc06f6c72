"""Single definitions: rules, groups, upstreams, named limits, named conditions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from admin_api.call import Answer, Call, Handler
from admin_api.definition_tags import refuse_stale, tag_of
from admin_api.documents import Seen
from admin_api.problems import Refusal
from admin_api.publishing import Done, Intent, intent_of, known_already, publish, stale
from weir.api.definitions import RESOURCES, Put, Resource
from weir.models.document import OWNERS, Document, Owner
from weir.models.problem import Problem, Refused
from weir.rules.edits import BadPlace, Beside, Edit, Named, NoSuchDefinition, get, last_part, put, remove
from weir.rules.json_form import check_depth
from weir.rules.parser import parse
from weir.rules.printer import print_definition
from weir.rules.search import Listed, Search, Wanted, listed
from weir.serving.off_loop import SMALL, off_loop

MAX_TRIES = 8
"""Of a write while others publish other definitions of the same owner from elsewhere."""


class _Start(NamedTuple):
    """Where a page begins."""

    owner: Owner
    at: int
    mark: str
    """Of the name of the last item before it."""


def handlers_of(resource: Resource) -> dict[str, Handler]:
    return {
        f"{resource.plural}.list": lambda call: list_all(call, resource),
        f"{resource.plural}.get": lambda call: get_one(call, resource),
        f"{resource.plural}.replace": lambda call: replace(call, resource),
        f"{resource.plural}.delete": lambda call: delete(call, resource),
    }


def list_all(call: Call, resource: Resource) -> Answer:
    query = call.query
    wanted = Wanted(
        query.q, getattr(query, "tag", ""), getattr(query, "host", ""), getattr(query, "upstream", "")
    )
    start = _start(query.cursor) if query.cursor else None
    items: list[object] = []
    following = ""
    last: tuple[Owner, int, Listed] | None = None
    for owner, index, each in _found(call, resource, wanted, query.owner, start):
        if len(items) == query.limit and last is not None:
            following = f"{last[0]}.{last[1]}.{_mark(last[2].name)}"
            break
        definition = each.definition
        items.append(
            resource.item(owner=owner, name=each.name, etag=tag_of(definition), definition=definition)
        )
        last = owner, index, each
    return Answer(resource.page(items=tuple(items), next=following))


def _found(
    call: Call, resource: Resource, wanted: Wanted, owner: Owner | None, start: _Start | None
) -> Iterator[tuple[Owner, int, Listed]]:
    owners = [each for each in OWNERS if owner in (None, each)]
    for each in owners[owners.index(start.owner) if start and start.owner in owners else 0 :]:
        document = call.services.documents.see(each).document
        found = _search(document, wanted)
        everything = listed(document, resource.kind)
        begin = _begin(everything, start) if start is not None and start.owner == each else 0
        fitting = found(everything[begin:])
        yield from ((each, begin + index, everything[begin + index]) for index in fitting)


def _search(document: Document, wanted: Wanted) -> Callable[[list[Listed]], list[int]]:
    """Gives the positions of what fits."""
    search = Search(document, wanted)
    is_small = wanted == Wanted() or len(document.definitions) <= SMALL

    def found(items: list[Listed]) -> list[int]:
        return off_loop(
            lambda: [index for index, each in enumerate(items) if search.fits(each)], is_small=is_small
        )

    return found


def _start(cursor: str) -> _Start:
    owner, _, rest = cursor.partition(".")
    index, _, mark = rest.partition(".")
    if owner not in OWNERS or not index.isdecimal() or len(index) > 9:
        raise Refusal(400, "invalid-query", "The cursor is not one that a page gave.")
    return _Start(owner, int(index), mark)


def _begin(items: list[Listed], start: _Start) -> int:
    """Behind the item that the page before ended with, also if it stands elsewhere now."""
    if start.at < len(items) and _mark(items[start.at].name) == start.mark:
        return start.at + 1
    places = (index for index, each in enumerate(items) if _mark(each.name) == start.mark)
    return next(places, start.at - 1) + 1


def _mark(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def get_one(call: Call, resource: Resource) -> Answer:
    seen = call.services.documents.see(call.query.owner)
    definition = get(seen.document, resource.kind, call.path["name"])
    if definition is None:
        raise no_such(resource, call.path["name"], seen.owner)
    body = print_definition(definition) + "\n" if call.media == "text/plain" else definition
    return Answer(body, etag=tag_of(definition), headers={"Vary": "Accept"})


def replace(call: Call, resource: Resource) -> Answer:
    query: Put = call.query
    if query.before and query.after:
        raise Refusal(400, "invalid-query", "A definition is placed before another or after one, not both.")
    beside = None
    if query.before or query.after:
        beside = Beside(query.before or query.after, "before" if query.before else "after")
    definition = body_of(call, resource)
    name = call.path["name"]

    def edit(seen: Seen) -> Edit:
        check_name(seen.document, resource, name, definition)
        try:
            return put(seen.document, resource.kind, name, definition, beside)
        except (NoSuchDefinition, BadPlace) as error:
            problem = Problem("no-such-neighbour", str(error), path=beside.side if beside else "")
            raise Refusal(422, "no-such-neighbour", f"{str(error).capitalize()}.", errors=[problem]) from None

    return write(call, resource, edit, tag_of(definition))


def delete(call: Call, resource: Resource) -> Answer:
    name = call.path["name"]

    def edit(seen: Seen) -> Edit:
        try:
            return remove(seen.document, resource.kind, name)
        except NoSuchDefinition:
            raise no_such(resource, name, seen.owner) from None

    return write(call, resource, edit, "")


def write(call: Call, resource: Resource, edit: Callable[[Seen], Edit], tag: str) -> Answer:
    """Publishes the edit of whatever is current then; others may write other definitions meanwhile."""
    intent = intent_of(call, f"{call.operation.id} {call.path['name']}")
    known = known_already(call, intent)
    if known is not None:
        return known
    for _ in range(MAX_TRIES):
        done = _once(call, resource, intent, edit)
        if done is not None:
            return Answer(done.told(), etag=tag)
    raise Refusal(
        503,
        "busy",
        f"Others published {MAX_TRIES} times meanwhile; nothing of this was. Try again.",
        headers={"Retry-After": "1"},
    )


def _once(call: Call, resource: Resource, intent: Intent, edit: Callable[[Seen], Edit]) -> Done | None:
    """None if somebody published for this owner meanwhile."""
    checker = call.services.checkers[intent.owner]
    with checker.alone():
        seen = call.services.documents.see(intent.owner)
        precondition(call, resource, seen)
        done = publish(call, intent, seen, checker.check(edit(seen).document))
    return done if isinstance(done, Done) else None


def precondition(call: Call, resource: Resource, seen: Seen) -> None:
    """Raises ``Refusal``."""
    name = call.path["name"]
    current = get(seen.document, resource.kind, name)
    if call.if_none_match:
        if current is not None and call.operation.method == "DELETE":
            raise stale(f"Send If-Match to delete {resource.title} that is there.", None, "")
        if current is not None:
            raise Refusal(
                409,
                "exists",
                f'There is {resource.title} called "{name}" already; send If-Match to replace it.',
            )
        return
    if current is not None and call.if_match in ("*", tag_of(current)):
        return
    if current is None and call.if_match == "*":
        raise no_such(resource, name, seen.owner)
    refuse_stale(call, seen, resource.kind, name, call.if_match or "")


def body_of(call: Call, resource: Resource) -> Named:
    """One definition of the kind. Raises ``Refused``."""
    if not isinstance(call.body, str):
        check_depth(Document(definitions=(call.body,)))
        return call.body  # type: ignore[no-any-return]  # decoded as the operation says
    text: str = call.body
    definitions = off_loop(lambda: parse(text), is_small=len(text) <= 20_000).document.definitions
    if len(definitions) != 1 or not isinstance(definitions[0], resource.definition):
        message = f"the text is not one definition of {resource.title}"
        raise Refused(
            [Problem("not-one-definition", message, line=1, column=1, expected=f"{resource.kind} …")]
        )
    return definitions[0]  # type: ignore[return-value]  # of that kind


def check_name(document: Document, resource: Resource, name: str, definition: Named) -> None:
    """A definition is renamed by removing it and putting it under its new name. Raises ``Refused``."""
    expected = last_part(document, resource.kind, name)
    if definition.name != expected:
        message = f'the {resource.kind} calls itself "{definition.name}", and the path calls it "{name}"'
        raise Refused([Problem("name-differs", message, path="name", expected=f'"{expected}"')])


def no_such(resource: Resource, name: str, owner: Owner) -> Refusal:
    return Refusal(404, f"no-such-{resource.kind}", f'There is no {resource.kind} "{name}" of owner {owner}.')


HANDLERS: dict[str, Handler] = {
    id_: handler for resource in RESOURCES for id_, handler in handlers_of(resource).items()
}
