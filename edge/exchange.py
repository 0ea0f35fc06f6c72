"""One request with its answer: everything the phases know and leave to each other.

It is also what rules look at (``weir.routing.facts.Facts``) and where templates get their values; what is costly is
made when it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from edge.access_log.attempt import Attempt, Served
from edge.answers import CLIENT_GONE
from edge.downstream.forwarded import Origin, forwarding_fields
from edge.http.head import Field
from edge.http.request_reader import Message
from edge.tracing.trace_context import begun_field
from weir.routing.entry import NO_CAPTURES
from weir.routing.networks import Address, parse_address
from weir.routing.request_values import first_cookie_values, first_query_values

if TYPE_CHECKING:
    from edge.auth.passed import Passed
    from edge.auth.signatures.content import BodyCheck
    from edge.downstream.connection import Downstream
    from edge.fast_path.handed import Sent
    from edge.forwarding.mirror import Copy
    from edge.http.known_heads import KnownHead
    from edge.limiting.verdict import Standing
    from edge.retry.kept_body import KeptBody
    from edge.upstream.target import Target
    from edge.versions.plan import Plan
    from edge.versions.snapshot import Snapshot
    from weir.models.auth.caller import Caller


class Exchange:
    """From the first byte of a request to the line in the access log. Defaults stand in the class."""

    request_id = ""
    trace_id = ""
    """32 hexadecimal digits; empty for a request that was not understood."""
    span_id = ""
    """16 hexadecimal digits if the edge is the parent of what follows: then the upstream is told of it."""
    trace_flags = "01"
    """Hexadecimal, told with ``span_id``."""
    parent_id = ""
    """The span of the client's that this one belongs to, if spans are recorded."""
    sampled: bool | None = None
    """Whether a span is recorded; None: nobody decided."""
    known: KnownHead | None = None
    """The head came before, and nothing in it says where the request came from."""
    method = ""
    scheme = ""
    port = 0
    host = ""
    host_sent = b""
    """The host as the client asked for it, with its port if it named one."""
    path = ""
    query_string = ""
    """With its ``?``."""
    sent_path = ""
    """The target that the upstream gets; empty: path and query as they are."""
    forwarding_written = False
    """``fields`` hold what says where the request came from."""
    plan: Plan | None = None
    captures: Mapping[str, str] = NO_CAPTURES
    caller: Caller | None = None
    """Who was found to call; also one that was refused, if it was proven who it is."""
    passed: Passed | None = None
    """The verdict that holds for all requests with this head; then ``known`` is what it was remembered with."""
    body_check: BodyCheck | None = None
    """What the body was signed to be: no piece goes on before it was looked at."""
    upstream = ""
    picked: Target | None = None
    """Whose turn it is, if that is known before ``forward``."""
    sent: Sent | None = None
    """The attempt that the fast path began."""
    replayable = True
    """Whatever was read of the body is still at hand."""
    kept: KeptBody | None = None
    """Where it is, but for its first part; None: nothing more is kept."""
    awaited_s = 0.0
    """How long this attempt waited for the client's body, until its answer or its failure."""
    copy: Copy | None = None
    """The request's copy for another upstream, until its body is complete."""
    answer_lines = b""
    """Header lines of the edge's own in an upstream's answer."""
    answering = False
    """A byte of the answer may have gone out; from now on a failure can only cut it off."""
    status = 0
    code = ""
    detail = ""
    bytes_in = 0
    bytes_out = 0
    posted = 0
    """Bytes of its answer that are on their way; it is recorded when they are out."""
    is_counted = False
    """Its limits are spent already."""
    limit_lines = b""
    """Header lines that tell of its limits in every answer."""
    standings: tuple[Standing, ...] = ()
    """What is left of the limits that it was counted against."""
    limited = ""
    """The limit that refused it."""
    shadowed: tuple[str, ...] = ()
    """Limits in shadow that would have."""
    attempts: tuple[Attempt, ...] = ()
    """Those that failed."""
    served: Served | None = None
    """The one that gave the answer, unless the answer broke off."""
    _address: tuple[Address | None] | None = None
    _headers: dict[str, str] | None = None
    _queries: dict[str, str] | None = None
    _cookies: dict[str, str] | None = None

    def __init__(self, downstream: Downstream, message: Message, snapshot: Snapshot, started: float) -> None:
        """``snapshot`` is captured once: nothing later asks for the current one."""
        head = message.head
        self.downstream = downstream
        self.message = message
        self.head = head
        self.snapshot = snapshot
        snapshot.users += 1
        self.started = started
        self.keep_alive = head.keep_alive
        self.origin: Origin = downstream.origin
        self.ip = downstream.peer
        self.fields: list[Field] = head.fields
        self.body_limit = snapshot.settings.max_body

    def gone(self, why: str) -> None:
        """The client did not take its answer."""
        self.keep_alive = False
        self.status = CLIENT_GONE
        self.code, self.detail = "client-gone", why

    def let_go_of_snapshot(self) -> None:
        """For tunnels and event streams, which may outlive many versions: they keep their rule only."""
        self.snapshot.users -= 1
        self.snapshot = self.snapshot.bare()
        self.snapshot.users += 1

    def added_fields(self) -> list[Field]:
        """Which say where the request came from, and which trace begins here."""
        fields = forwarding_fields(self.origin, self.downstream.peer, self.host_sent, self.request_id)
        if self.span_id:
            fields.append(begun_field(self.trace_id, self.span_id, self.trace_flags))
        return fields

    def forget_values(self) -> None:
        """``fields`` and ``query_string`` are others now; what is asked for next is read from these."""
        self._headers = self._queries = self._cookies = None

    @property
    def uri(self) -> str:
        """Path and query."""
        return self.path + self.query_string

    def address(self) -> Address | None:
        """``ip`` as a number."""
        if self._address is None:
            self._address = (parse_address(self.ip),)
        return self._address[0]

    @property
    def consumer(self) -> str | None:
        """As ``Facts`` says: what limits count by."""
        return None if self.caller is None else self.caller.counted_as

    @property
    def tags(self) -> tuple[str, ...]:
        return () if self.caller is None else self.caller.tags

    def header(self, name: str) -> str | None:
        """All values of the lower-case name, joined (RFC 9110 §5.3); ``host`` is what the client asked for.

        Fields that ``Connection`` names are not there: what is routed by is what the upstream gets.
        """
        if self._headers is None:
            self._headers = _joined(self.fields)
            self._headers["host"] = self.host_sent.decode("latin-1")
        return self._headers.get(name)

    def query(self, name: str) -> str | None:
        """The first value, percent-decoded."""
        if self._queries is None:
            self._queries = first_query_values(self.query_string[1:])
        return self._queries.get(name)

    def cookie(self, name: str) -> str | None:
        """The first value."""
        if self._cookies is None:
            self._cookies = first_cookie_values(self.header("cookie") or "")
        return self._cookies.get(name)

    def template_value(self, name: str) -> str:
        """Of a name that every template may use."""
        if name == "query":
            return self.query_string[1:]
        if name == "rule":
            return self.plan.name if self.plan is not None else ""
        if name == "consumer":
            return "" if self.caller is None else self.caller.consumer
        return str(getattr(self, name))


def _joined(fields: list[Field]) -> dict[str, str]:
    values: dict[bytes, list[bytes]] = {}
    for lower, _, value in fields:
        values.setdefault(lower, []).append(value)
    return {
        lower.decode("latin-1"): (b"; " if lower == b"cookie" else b", ").join(each).decode("latin-1")
        for lower, each in values.items()
    }
