"""Changes as they happen."""

from __future__ import annotations

from functools import partial

from admin_api.call import Answer, Call, Handler
from admin_api.live.events import TYPES, EventStream
from admin_api.live.validity import still_allowed
from admin_api.problems import Refusal
from weir.api.events import MAX_STREAMS, EventsQuery


def stream(call: Call) -> Answer:
    services = call.services
    types = _types(call.query)
    if not services.watching.enter():
        raise Refusal(
            503,
            "too-many-streams",
            f"This process has {MAX_STREAMS} event streams already.",
            headers={"Retry-After": "5"},
        )
    try:
        events = EventStream(
            services.watching,
            last_id=call.last_event_id,
            types=types,
            allowed=partial(still_allowed, services, call.identity),
            stopping=services.stopping,
        )
    except BaseException:
        services.watching.leave()
        raise
    return Answer(stream=events, headers={"X-Accel-Buffering": "no"})


def _types(query: EventsQuery) -> frozenset[str]:
    """Raises Refusal for a name that is none."""
    wanted = [name.strip() for name in query.types.split(",") if name.strip()]
    for name in wanted:
        if name not in TYPES:
            raise Refusal(
                400, "invalid-query", f"There is no event type of this name; there are {', '.join(TYPES)}."
            )
    return frozenset(wanted or TYPES)


HANDLERS: dict[str, Handler] = {"events.stream": stream}
