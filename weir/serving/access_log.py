"""One line for each call, as a JSON object: who did what, and what came of it. No query, header or body is in it."""

from __future__ import annotations

import functools
import logging
import time

import msgspec
from flask import Flask, Response, g, request

from weir.serving.request_ids import request_id

MAX_PATH = 1024


class Line(msgspec.Struct, frozen=True, kw_only=True):
    log: str
    """Whose: ``admin``, ``auth``."""
    time_ms: int
    request_id: str
    address: str
    actor: str
    operation: str
    method: str
    path: str
    status: int
    ms: float
    """Until the answer began."""


def add_access_log(app: Flask, process: str) -> None:
    """Lines go to the logger ``weir.<process>.access``."""
    app.before_request(begin)
    app.after_request(functools.partial(written, process, logging.getLogger(f"weir.{process}.access")))


def begin() -> None:
    g.begun_s = time.monotonic()


def say_who(name: str) -> None:
    """For the line of the current request."""
    g.actor = name


def written(process: str, log: logging.Logger, response: Response) -> Response:
    line = Line(
        log=process,
        time_ms=time.time_ns() // 1_000_000,
        request_id=request_id(),
        address=request.remote_addr or "",
        actor=g.get("actor", ""),
        operation=request.endpoint or "",
        method=request.method[:16],
        path=request.path[:MAX_PATH],
        status=response.status_code,
        ms=round((time.monotonic() - g.get("begun_s", time.monotonic())) * 1000, 1),
    )
    log.info("%s", msgspec.json.encode(line).decode())
    return response
