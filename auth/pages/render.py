"""A page as an answer: a template, the reader's words, and headers against being framed, stored or scripted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from flask import Response, request
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from auth.pages.language import TAGS, Language, language_of
from auth.pages.words import WORDS

STYLE = "weir.css"
_POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'self'{more}; frame-ancestors 'none'; base-uri 'none'"
)
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class Pages:
    """Of one process. ``base`` is the path below which people see this server; empty at the root of its host."""

    def __init__(self, base: str = "") -> None:
        self._base = base
        self.style = resources.files("auth.pages").joinpath(STYLE).read_bytes()
        self._version = hashlib.sha256(self.style).hexdigest()[:12]

    def render(self, template: str, *, status: int = 200, leads_to: str = "", **values: Any) -> Response:
        """``leads_to``: source to which the answer to the page's form may lead the browser on (see ``form_source``)."""
        language = language_of(request.headers.get("Accept-Language", ""))
        text = (
            templates()
            .get_template(template)
            .render(
                lang=TAGS[language],
                base=self._base,
                style=f"{self._base}/pages/{STYLE}?v={self._version}",
                t=Translated(language),
                **values,
            )
        )
        answer = Response(text, status=status, content_type="text/html; charset=utf-8")
        answer.headers["Content-Language"] = TAGS[language]
        answer.headers["Content-Security-Policy"] = _POLICY.format(more=f" {leads_to}" if leads_to else "")
        answer.headers["Permissions-Policy"] = PERMISSIONS
        # With no-referrer a browser would send our own forms as from nowhere (Fetch §3.2, `Origin: null`).
        answer.headers["Referrer-Policy"] = "same-origin"
        answer.headers["Vary"] = "Accept-Language, Cookie"
        return answer

    def message(
        self,
        title: str,
        text: str,
        *,
        status: int = 200,
        detail: str = "",
        hint: str = "",
        request_id: str = "",
    ) -> Response:
        """A page that only says something. ``title``, ``text`` and ``hint`` are keys of ``words``, or empty; ``detail``
        is said as it is."""
        return self.render(
            "message.html",
            status=status,
            title=title,
            text=text,
            detail=detail,
            hint=hint,
            request_id=request_id,
        )

    def stylesheet(self) -> Response:
        answer = Response(self.style, content_type="text/css; charset=utf-8")
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


@cache
def templates() -> Environment:
    """Compiled when they are first used, and kept."""
    return Environment(
        loader=PackageLoader("auth.pages", "templates"),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Translated:
    """``t(key, name=…)`` in a template: what is filled in is escaped."""

    def __init__(self, language: Language) -> None:
        self._words: Mapping[str, str] = WORDS[language]

    def __call__(self, key: str, /, **values: object) -> Markup:
        return escape(self._words[key]).format(**values)

    def has(self, key: str) -> bool:
        return key in self._words
