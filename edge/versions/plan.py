"""A rule compiled: the phases it uses and everything they would otherwise work out for each request.

A rule pays only for what it asks: what it does not say is no phase of its plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from edge.downstream.forwarded import WRITTEN_LAST
from edge.edits.cors import CorsPolicy
from edge.edits.headers import FieldEdit, HeaderEdit, compile_edits
from edge.edits.paths import PathEdit, compile_path_edit, is_of_request_line
from edge.edits.template import Render, compile_location
from edge.forwarding.compression import Compression
from edge.forwarding.mirror import Mirror
from edge.limiting.fields import RateLimitFields
from edge.limiting.rule_limits import RuleLimits
from edge.retry.policy import RetryPolicy, compile_policy, try_ms
from edge.upstream.balance.turn import Turn
from edge.upstream.upstreams import Upstream
from weir.models.effective import Route, Settings, Timeouts, retry_for, timeouts_for
from weir.models.rule_clauses import Host, Proxy, Redirect, Respond
from weir.routing.networks import NetworkSet

if TYPE_CHECKING:
    from edge.answers import Answer
    from edge.auth.requirement import Requirements
    from edge.auth.services import AuthServices
    from edge.exchange import Exchange
    from edge.limiting.verdict import Limiting


class Share(NamedTuple):
    """One upstream that a rule sends to, with what holds there."""

    upstream: Upstream
    connect_s: float
    try_s: float
    total_s: float | None
    idle_s: float
    host: bytes | None
    """A fixed Host for the upstream; None: what the client asked for."""
    host_of_target: bool
    """The target's own authority is its Host."""
    retry: RetryPolicy | None = None
    """None: there is one attempt."""


class Plan:
    """What phases need to know of a rule. Never changed after it was made, but for whose turn it is."""

    __slots__ = (
        "allow", "answers_pass", "body_limit", "compression", "cors", "counted_as", "deny", "edits_are_fixed",
        "fast_share", "limits", "location", "logged", "mirror", "name", "path_edit", "path_edit_is_fixed", "phases",
        "redirect_status", "request_edits", "requirements", "respond", "response_edits", "shares", "sticky_shares",
    )  # fmt: skip

    def __init__(
        self,
        route: Route,
        upstreams: Mapping[str, Upstream],
        settings: Settings,
        limiter: Limiting | None = None,
        owner: str = "",
        auth: AuthServices | None = None,
    ) -> None:
        """``upstreams``: of the rule's ``owner``, by name. Raises ValueError for what this edge cannot do."""
        self.name = route.name
        self.fast_share: Share | None = None
        """Where the fast path sends the rule's requests; None: it does not. Filled in as ``phases`` is."""
        self.counted_as = f"{owner}/{route.name}"
        """In usage: names are of their owner."""
        self.phases: tuple[Callable[[Exchange, Plan], Answer | None], ...] = ()
        """Those that the rule uses; filled in by who made the plan, as phases know plans."""
        self.allow = None if route.allow_ip is None else NetworkSet(route.allow_ip)
        self.deny = NetworkSet(route.deny_ip) if route.deny_ip else None
        self.body_limit = settings.max_body if route.max_body is None else route.max_body
        self.logged = settings.log if route.log is None else route.log
        self.request_edits: tuple[HeaderEdit, ...] = compile_edits(route.headers, "request")
        self.edits_are_fixed = all(
            edit.is_fixed and edit.lower not in WRITTEN_LAST for edit in self.request_edits
        )
        """Edits of request headers: the same for every request, and not of fields that differ by request."""
        self.cors = None if route.cors is None else CorsPolicy(route.cors)
        self.response_edits: tuple[FieldEdit, ...] = compile_edits(route.headers, "response")
        """Of every answer; the rule's own come last."""
        if self.cors is not None:
            self.response_edits = (self.cors, *self.response_edits)
        self.requirements = _requirements(route, auth)
        self.limits: RuleLimits | None = None
        if route.limits:
            self.limits = _limits(route, owner, limiter)
            if self.limits.are_edited:
                self.response_edits = (RateLimitFields(self.limits), *self.response_edits)
        compress = settings.compress if route.compress is None else route.compress
        self.compression = Compression(compress.encodings) if compress and compress.encodings else None
        self.answers_pass = not self.response_edits and self.compression is None
        """Whether answers go to the client as they come."""
        self.path_edit: PathEdit | None = compile_path_edit(route.path_edit, settings.merge_slashes)
        self.path_edit_is_fixed = is_of_request_line(route.path_edit)
        """The same for requests that are the same: nothing of it is of their number, or of who sent them."""
        self.respond: Respond | None = route.action if isinstance(route.action, Respond) else None
        self.location: Render | None = None
        self.redirect_status = 0
        if isinstance(route.action, Redirect):
            self.location = compile_location(route.action.location)
            self.redirect_status = route.action.status
        self.mirror: Mirror | None = None
        if route.mirror is not None:
            to_mirror = _share(route, upstreams, route.mirror.to, settings)
            self.mirror = Mirror(to_mirror, route.mirror.percent / 100)
        self.shares = _shares(route, upstreams, settings)
        self.sticky_shares: tuple[Share, ...] = ()
        """Those that a client's cookie may name, if there is a choice."""
        if len(self.shares.items) > 1:
            self.sticky_shares = tuple(share for share in self.shares.items if share.upstream.sticky)

    def upstreams(self) -> Iterator[Upstream]:
        """Every one that the rule sends something to."""
        for share in self.shares.items:
            yield share.upstream
        if self.mirror is not None:
            yield self.mirror.share.upstream


def _shares(route: Route, upstreams: Mapping[str, Upstream], settings: Settings) -> Turn[Share]:
    """None of a rule that answers itself."""
    if not isinstance(route.action, Proxy):
        return Turn(())
    return Turn([(_share(route, upstreams, to.to, settings), to.weight) for to in route.action.to])


def _share(route: Route, upstreams: Mapping[str, Upstream], name: str, settings: Settings) -> Share:
    if name not in upstreams:
        raise ValueError(f"rule {route.name}: there is no upstream {name}")
    upstream = upstreams[name]
    timeouts: Timeouts = timeouts_for(route, upstream.pool, settings)
    host: Host = route.host or upstream.pool.host or settings.host
    retry = retry_for(route, upstream.pool, settings)
    return Share(
        upstream,
        timeouts.connect_ms / 1000,
        try_ms(timeouts, retry) / 1000,
        None if timeouts.total_ms is None else timeouts.total_ms / 1000,
        timeouts.idle_ms / 1000,
        host.name.encode("ascii") if host.mode == "fixed" else None,
        host.mode == "upstream",
        compile_policy(retry),
    )


def _limits(route: Route, owner: str, limiter: Limiting | None) -> RuleLimits:
    if limiter is None:
        raise ValueError(f"rule {route.name}: nothing counts its limits here")
    return RuleLimits(route, owner, limiter)


def _requirements(route: Route, auth: AuthServices | None) -> Requirements | None:
    """None where anybody may pass."""
    if route.require is None or not route.require.any_of:
        return None
    if auth is None:
        raise ValueError(f"rule {route.name}: nobody looks at credentials here")
    try:
        return auth.requirements(route.require)
    except ValueError as error:
        raise ValueError(f"rule {route.name}: {error}") from None
