"""A small API for tests of the admin API's frame: two operations that need nothing but themselves."""

from __future__ import annotations

from typing import Any

import msgspec

from admin_api.call import Answer, Call, Handler
from weir.api.operation import NoQuery, Operation, Page


class Query(Page, frozen=True, forbid_unknown_fields=True):
    dry_run: bool = False
    tag: tuple[str, ...] = ()


class Thing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    weight: int = 1
    inner: dict[str, int] = {}


class MayFail(NoQuery, frozen=True, forbid_unknown_fields=True):
    how: str = ""


OPERATIONS = (
    Operation(
        id="things.get",
        method="GET",
        path="/things/{name}",
        summary="Gives a thing.",
        role="viewer",
        query=Query,
        result=dict[str, Any],
        media=("application/json", "text/plain"),
        etag=True,
    ),
    Operation(
        id="things.put",
        method="PUT",
        path="/things/{name}",
        summary="Changes a thing.",
        role="editor",
        query=Query,
        body=Thing,
        body_media=("application/json", "text/plain", "application/octet-stream"),
        result=Thing,
        precondition=True,
        max_body=1000,
    ),
    Operation(
        id="things.find",
        method="POST",
        path="/find",
        summary="Only looks.",
        role="viewer",
        safe=True,
        body=Thing,
        body_optional=True,
        result=Thing,
    ),
    Operation(
        id="things.drop",
        method="DELETE",
        path="/things/{name}",
        summary="Removes a thing.",
        role="admin",
        query=MayFail,
        status=204,
    ),
    Operation(
        id="things.watch",
        method="GET",
        path="/watch",
        summary="Streams.",
        role=None,
        media=("text/event-stream",),
    ),
)


def give(call: Call) -> Answer:
    seen = {"path": call.path, "limit": call.query.limit, "tag": call.query.tag, "media": call.media}
    return Answer(seen if call.media == "application/json" else str(seen), etag="e1")


def put(call: Call) -> Answer:
    if isinstance(call.body, Thing):
        return Answer(call.body)
    text = call.body if isinstance(call.body, str) else call.body.read().decode()
    return Answer(
        Thing(text, inner={"match": int(call.if_match is not None), "new": int(call.if_none_match)})
    )


def find(call: Call) -> Answer:
    return Answer(call.body or Thing("nothing"))


class Fails:
    """Raises what the test wants."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    def __call__(self, call: Call) -> Answer:
        if self.error is not None:
            raise self.error
        return Answer(audit={"thing": call.path["name"]})


def watch(call: Call) -> Answer:
    return Answer(stream=iter([b"data: 1\n\n", f"id: {call.last_event_id}\n\n".encode()]))


def handlers(fails: Fails) -> dict[str, Handler]:
    return {
        "things.get": give,
        "things.put": put,
        "things.find": find,
        "things.drop": fails,
        "things.watch": watch,
    }
