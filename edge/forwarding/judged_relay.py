"""``relay``, and what the end of an answer says about its target.

A good answer of which all was here counts for its target already. Another one does when it came to its end, or when
it was not the target that ended it: a body that breaks off is a failure and not a good answer before it.
"""

from __future__ import annotations

from edge.exchange import Exchange
from edge.forwarding.relay import relay
from edge.forwarding.upload import Upload
from edge.upstream.connection import UpstreamConnection
from edge.upstream.decide import speaks_of_target
from edge.upstream.errors import UpstreamError
from edge.upstream.health_outcomes import is_judged_by_its_end
from edge.upstream.target import Target
from edge.versions.plan import Plan, Share


def judged_relay(
    exchange: Exchange,
    plan: Plan,
    share: Share,
    target: Target,
    connection: UpstreamConnection,
    upload: Upload | None,
    until: float,
) -> None:
    """As ``relay``, for an answer that is noted."""
    health, reader = share.upstream.health, connection.reader
    if reader.complete or health is None or not is_judged_by_its_end(reader):
        relay(exchange, plan, share, connection, upload, until)
        return
    is_good = True
    try:
        relay(exchange, plan, share, connection, upload, until)
    except UpstreamError as error:
        if upload is not None:
            upload.excuse(error)
        is_good = not speaks_of_target(error)
        raise
    finally:
        if is_good:
            health.succeeded(target)
