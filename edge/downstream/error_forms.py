"""The forms in which the edge says that it refuses: problem+json, a page for browsers, plain text; by Accept.

Programs get problem+json, also where they say nothing or take none of the three. Everything that is not a constant of
this program is escaped in the page, and the page may load and run nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import msgspec

from edge.answers import PROBLEM_JSON, REASONS, TITLES, Answer, Refusal, problem
from edge.http.negotiate import best_media_type, weights

HTML, TEXT = b"text/html", b"text/plain"

_OFFERS = ((PROBLEM_JSON, b"application/json"), (HTML,), (TEXT,))
"""In order of preference; who takes JSON takes a problem."""

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{heading}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 15vh auto; max-width: 34rem; padding: 0 1rem }}
:root {{ color-scheme: light dark }}
small {{ opacity: .7 }}
</style>
<h1>{heading}</h1>
<p>{title}</p>
{detail}<p><small>{code} · request {request_id}</small></p>
</html>
"""

_PAGE_POLICY = (b"Content-Security-Policy", b"default-src 'none'; style-src 'unsafe-inline'")


def error_answer(refusal: Refusal, request_id: str, accept: bytes) -> Answer:
    """``accept`` is the value of Accept; empty: anything."""
    form = _FORMS[best_media_type(weights(accept), _OFFERS)] if accept else problem
    answer = form(refusal, request_id)
    if refusal.headers:
        answer = msgspec.structs.replace(answer, headers=answer.headers + refusal.headers)
    return answer


def _heading(refusal: Refusal) -> str:
    return f"{refusal.status} {REASONS[refusal.status]}"


def _page(refusal: Refusal, request_id: str) -> Answer:
    text = _PAGE.format(
        heading=escape(_heading(refusal)),
        title=escape(TITLES[refusal.code]),
        detail=f"<p>{escape(refusal.detail)}</p>\n" if refusal.detail else "",
        code=escape(refusal.code),
        request_id=escape(request_id),
    )
    return _answer(refusal, HTML, text, _PAGE_POLICY)


def _text(refusal: Refusal, request_id: str) -> Answer:
    lines = [_heading(refusal), TITLES[refusal.code], refusal.detail, f"{refusal.code}, request {request_id}"]
    return _answer(refusal, TEXT, "\n".join(filter(None, lines)) + "\n")


def _answer(refusal: Refusal, media_type: bytes, text: str, *more: tuple[bytes, bytes]) -> Answer:
    headers = (
        (b"Content-Type", media_type + b"; charset=utf-8"),
        (b"Cache-Control", b"no-store"),
        (b"Vary", b"Accept"),
        (b"X-Content-Type-Options", b"nosniff"),
        *more,
    )
    return Answer(refusal.status, headers, text.encode())


_FORMS: tuple[Callable[[Refusal, str], Answer], ...] = (problem, _page, _text)
