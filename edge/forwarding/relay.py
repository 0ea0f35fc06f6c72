"""The upstream's answer on its way to the client: its head written anew, its body as it comes.

A body that fits into the first read goes out together with the head, in one write. A body that breaks off reaches the
client as broken off, never as a clean end.
"""

from __future__ import annotations

import time

from edge.answers import Refusal
from edge.edits.headers import apply_edits
from edge.exchange import Exchange
from edge.forwarding.encoders import Encoder
from edge.forwarding.trailers import response_end, response_line
from edge.forwarding.tunnel import Tunnel
from edge.forwarding.upload import Upload
from edge.http.connection_field import without_listed
from edge.http.framing import is_bodiless
from edge.http.head import Field, ResponseHead
from edge.http.response_reader import ResponseReader
from edge.http.upgrade import asks_for_upgrade, is_what_was_asked
from edge.http.writer import LAST_CHUNK, chunk, response_head
from edge.transport import FULL_READ
from edge.upstream.connection import UpstreamConnection
from edge.upstream.errors import Cause, Sent, Side, Stage, UpstreamError
from edge.versions.plan import Plan, Share

OVER = "the time for this request is over"


def relay(
    exchange: Exchange,
    plan: Plan,
    share: Share,
    connection: UpstreamConnection,
    upload: Upload | None,
    until: float,
) -> None:
    """Raises UpstreamError (also after the answer began), ClientGone. ``until``: the end of everything."""
    head = connection.reader.head
    if head is None:
        raise AssertionError("the head was read before")
    if head.lines and plan.answers_pass and upload is None:
        _relay_plain(exchange, head, connection.reader)
        return
    if head.status == 101:
        _switch_protocols(exchange, share, connection, head)
        return
    exchange.downstream.settle_keep_alive(exchange)
    if upload is not None and not upload.done:
        exchange.keep_alive = False
    bodiless = exchange.head.method == b"HEAD" or is_bodiless(head.status)
    fields, encoder = _fields(exchange, plan, head), None
    if plan.compression is not None:
        fields, encoder = plan.compression.begin(exchange.head, head.status, head.length, fields)
        if encoder is not None:
            exchange.downstream.engine.telemetry.compressed(encoder.coding)
    endless = not bodiless and (head.length is None or encoder is not None)
    chunked = endless and exchange.head.version == "1.1"
    if endless and not chunked:
        exchange.keep_alive = False
    framing = _framing_line(head, bodiless, chunked)
    if head.trailers and chunked:
        framing += response_line(exchange, plan, head)
    line = exchange.downstream.connection_line(exchange)
    data = response_head(
        head.status, head.reason, fields, framing + exchange.limit_lines + exchange.answer_lines + line
    )
    exchange.answering = True
    exchange.status = head.status
    if bodiless:
        exchange.downstream.send(exchange, data)
        return
    try:
        _stream(exchange, plan, share, connection, upload, data, chunked, encoder, until)
    except (UpstreamError, Refusal):
        if head.length is None and not chunked:
            exchange.downstream.transport.abort()
        raise


def _relay_plain(exchange: Exchange, head: ResponseHead, reader: ResponseReader) -> None:
    """All of it is here, and nothing of it changes."""
    downstream, pieces = exchange.downstream, reader.pieces
    body = pieces.pop() if pieces else b""
    lines = exchange.limit_lines + exchange.answer_lines
    if not head.dated:
        lines += downstream.engine.date.line()
    if downstream.engine.draining or not exchange.keep_alive or exchange.head.version != "1.1":
        downstream.settle_keep_alive(exchange)
        lines += downstream.connection_line(exchange)
    exchange.answering = True
    exchange.status = head.status
    data = b"%b%b\r\n%b" % (head.lines, lines, body)
    if exchange.keep_alive:
        downstream.post(exchange, data)
    else:
        downstream.send(exchange, data)


def _fields(exchange: Exchange, plan: Plan, head: ResponseHead) -> list[Field]:
    """With a Date, which an answer that has none gets from whoever passes it on (RFC 9110 §6.6.1)."""
    fields = without_listed(head.fields, head.connections) if head.connections else head.fields
    if not head.dated:
        fields = [*fields, (b"date", b"Date", exchange.downstream.engine.date.value())]
    if plan.response_edits:
        fields = apply_edits(plan.response_edits, list(fields), exchange)
    return fields


def _framing_line(head: ResponseHead, bodiless: bool, chunked: bool) -> bytes:
    """How the client finds the end of the body (RFC 9112 §6); a 204 says nothing (RFC 9110 §8.6)."""
    if chunked:
        return b"Transfer-Encoding: chunked\r\n"
    if head.length is None or head.status == 204 or (bodiless and not head.lengths):
        return b""
    return b"Content-Length: %d\r\n" % head.length


def _stream(
    exchange: Exchange,
    plan: Plan,
    share: Share,
    connection: UpstreamConnection,
    upload: Upload | None,
    head: bytes,
    chunked: bool,
    encoder: Encoder | None,
    until: float,
) -> None:
    """With an encoder, what the upstream has said so far is never held back: only full reads wait for more."""
    reader, downstream, transport = connection.reader, exchange.downstream, connection.transport
    data = reader.take()
    whole = reader.complete and not reader.error
    if encoder is not None:
        data = encoder.encode(data, flush=not whole) + (encoder.finish() if whole else b"")
    if chunked and data:
        data = chunk(data)
    if whole:
        end = _end(exchange, plan, reader) if chunked else b""
        downstream.send(exchange, head + data + end)
        return
    downstream.send(exchange, head + data)
    silence_s = share.try_s
    if reader.head is not None and reader.head.is_event_stream:
        silence_s = share.idle_s
        if upload is not None:
            upload.silence_s = silence_s
        exchange.let_go_of_snapshot()
    while True:
        now = time.monotonic()
        if now >= until:  # a read that finds something at once never looks at its deadline
            raise _over()
        awaits_client = upload is not None and upload.awaits_client
        transport.read_deadline = until if awaits_client else min(now + silence_s, until)
        try:
            data = connection.read_body()
        except UpstreamError as error:
            if error.cause is Cause.TIMEOUT and time.monotonic() >= until:
                raise _over() from None
            raise
        if not data:
            break
        if encoder is not None:
            data = encoder.encode(data, flush=len(data) < FULL_READ // 2)
            if not data:
                continue
        downstream.send(exchange, chunk(data) if chunked else data)
    if chunked:
        rest = chunk(encoder.finish()) if encoder is not None else b""
        downstream.send(exchange, rest + _end(exchange, plan, reader))


def _over() -> UpstreamError:
    """Not the upstream's fault: it may have been silent for a moment only."""
    return UpstreamError(Cause.TIMEOUT, OVER, stage=Stage.BODY, sent=Sent.ALL, side=Side.DOWNSTREAM)


def _end(exchange: Exchange, plan: Plan, reader: ResponseReader) -> bytes:
    if not reader.trailers or reader.head is None:
        return LAST_CHUNK
    return response_end(exchange, plan, reader.head, reader.trailers)


def _switch_protocols(
    exchange: Exchange, share: Share, connection: UpstreamConnection, head: ResponseHead
) -> None:
    """RFC 9110 §7.8: only if the client asked, and to what it asked for."""
    if not asks_for_upgrade(exchange.head) or not is_what_was_asked(exchange.head.upgrades, head.upgrades):
        raise UpstreamError(
            Cause.MALFORMED,
            "it switched to a protocol that nobody asked for",
            stage=Stage.HEAD,
            sent=Sent.ALL,
        )
    downstream = exchange.downstream
    line = b"%bConnection: upgrade\r\nUpgrade: %b\r\n" % (
        exchange.limit_lines + exchange.answer_lines,
        head.upgrades[0],
    )
    fields = without_listed(head.fields, head.connections)
    exchange.answering = True
    exchange.status = 101
    exchange.keep_alive = False
    exchange.let_go_of_snapshot()
    downstream.awaiting = None
    downstream.send(exchange, response_head(101, head.reason, fields, line))

    def count(sent: int) -> None:
        exchange.bytes_out += sent

    tunnel = Tunnel(downstream.transport, connection.transport, share.idle_s, count)
    try:
        tunnel.run(downstream.bytes_behind(), connection.reader.behind_upgrade)
    finally:
        exchange.bytes_in = tunnel.bytes_in
        connection.reader.unfit = True
