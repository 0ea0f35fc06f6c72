"""Targets as they are now, and draining them."""

from __future__ import annotations

from collections.abc import Mapping

from admin_api.call import Answer, Call, Handler
from admin_api.live.cluster import cluster_of
from admin_api.live.targets import drain_of, seen_of, targets_of
from admin_api.problems import Refusal
from admin_api.traffic.sums import page
from weir.api.targets import DrainOrder, OwnerQuery, TargetsNow, TargetsNowQuery
from weir.models.document import Owner
from weir.models.effective import Pool
from weir.store.drains import Drain, Full
from weir.store.health import Member

Pools = Mapping[Owner, Mapping[str, Pool]]


def list_targets(call: Call) -> Answer:
    query: TargetsNowQuery = call.query
    services = call.services
    cluster = cluster_of(services)
    number, pools = _pools(call)
    drained = {drain.member: drain for drain in services.drains.now()}
    found = targets_of(pools, seen_of(cluster.words.values()), services.live.ejected(), drained)
    wanted = [
        one
        for one in found
        if query.owner in (None, one.owner)
        and query.upstream in ("", one.upstream)
        and (one.drained is not None or not query.drained)
    ]
    items, after = page(wanted, query.limit, query.cursor)
    return Answer(TargetsNow(items=items, next=after, number=number))


def drain(call: Call) -> Answer:
    order: DrainOrder = call.body
    member = _member(call)
    drains = call.services.drains
    try:
        until_ms = drains.drain(
            member, order.seconds * 1000, reason=order.reason, author=call.identity.name[:256]
        )
    except Full as error:
        raise Refusal(409, "too-many-drains", f"{error}.") from error
    made = Drain(
        upstream=member.upstream,
        url=member.url,
        left_ms=order.seconds * 1000,
        until_ms=until_ms,
        since_ms=until_ms - order.seconds * 1000,
        reason=order.reason,
        author=call.identity.name[:256],
    )
    told = {"upstream": member.upstream, "target": member.url, "seconds": str(order.seconds)}
    return Answer(drain_of(made, ()), audit=told | ({"reason": order.reason[:200]} if order.reason else {}))


def undrain(call: Call) -> Answer:
    """Also of a target that no version has any more."""
    query: OwnerQuery = call.query
    member = Member(f"{query.owner}/{call.path['name']}", call.path["target"])
    if not call.services.drains.undrain(member):
        raise Refusal(404, "not-drained", "This target is not drained.")
    return Answer(audit={"upstream": member.upstream, "target": member.url})


def _member(call: Call) -> Member:
    """Of the current version. Raises Refusal."""
    query: OwnerQuery = call.query
    name, url = call.path["name"], call.path["target"]
    pool = _pools(call)[1].get(query.owner, {}).get(name)
    if pool is None:
        raise Refusal(404, "no-such-upstream", f"The owner {query.owner} has no upstream of this name.")
    if all(target.url != url for target in pool.targets):
        raise Refusal(
            404, "no-such-target", "The upstream has no target of this URL; write it as the rules do."
        )
    return Member(f"{query.owner}/{name}", url)


def _pools(call: Call) -> tuple[int, Pools]:
    """The current version's number, and its pools by owner and name."""
    services = call.services
    head = services.versions.head()
    if head is None:
        return 0, {}
    return head.number, services.tables.of(services.documents.manifest(head.number), {}).pools


HANDLERS: dict[str, Handler] = {
    "targets.list": list_targets,
    "targets.drain": drain,
    "targets.undrain": undrain,
}
