"""``strip prefix``, ``replace prefix`` and ``rewrite path``, compiled once for a rule.

What is sent is in the same normal form as what is routed: an edit that would bring a dot segment into the path is
refused, so that a captured value never climbs out of where the rule puts it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from edge.answers import Refusal
from edge.edits.template import Values, compile_template, for_path
from weir.models.rule_clauses import ReplacePrefix, RewritePath, StripPrefix
from weir.routing.normalise import BadPath, normalise_fragment, normalise_path, refuse_hidden_dots
from weir.rules.template import template_names


class Edited(Values, Protocol):
    """The request whose path is edited."""

    @property
    def path(self) -> str: ...

    @property
    def query_string(self) -> str: ...


_OF_EXCHANGE = ("consumer", "ip", "request_id", "scheme")
"""Names whose value may differ; a capture with such a name counts as well."""
PathEdit = Callable[[Edited], str]
"""Gives the target that is sent: path and query. Raises Refusal."""


def compile_path_edit(
    edit: StripPrefix | ReplacePrefix | RewritePath | None, merge_slashes: bool
) -> PathEdit | None:
    """None where nothing is edited."""
    if edit is None:
        return None
    if isinstance(edit, RewritePath):
        return _rewrite(edit.path, merge_slashes)
    replacement = normalise_path(edit.replacement, merge_slashes) if isinstance(edit, ReplacePrefix) else ""
    return _replace_prefix(normalise_path(edit.prefix, merge_slashes), replacement)


def is_of_request_line(edit: StripPrefix | ReplacePrefix | RewritePath | None) -> bool:
    """Whether it comes to the same for requests with the same method, host and target."""
    if not isinstance(edit, RewritePath):
        return True
    return template_names(edit.path).isdisjoint(_OF_EXCHANGE)


def _replace_prefix(prefix: str, replacement: str) -> PathEdit:
    """Of whole segments, as ``under`` has it; a path outside the prefix stays as it is."""
    prefix, replacement = prefix.rstrip("/"), replacement.rstrip("/")

    def edit(request: Edited) -> str:
        path = request.path
        if path == prefix or path.startswith(prefix + "/"):
            path = _single_start(replacement + path[len(prefix) :])
        return path + request.query_string

    return edit


def _single_start(path: str) -> str:
    """Without ``merge_slashes`` what is left may begin with ``//``, which some readers take for another host."""
    return "/" + path.lstrip("/")


def _rewrite(template: str, merge_slashes: bool) -> PathEdit:
    """A query in the template takes the place of the request's own."""
    render = compile_template(template, for_path)

    def edit(request: Edited) -> str:
        path, mark, query = render(request).partition("?")
        return _normal(path, merge_slashes) + (mark + query if mark else request.query_string)

    return edit


def _normal(path: str, merge_slashes: bool) -> str:
    try:
        path = normalise_fragment(path, merge_slashes)
        refuse_hidden_dots(path)
    except BadPath as error:
        raise Refusal("malformed-request", f"the rewritten path is refused: {error}") from None
    if any(segment in (".", "..") for segment in path.split("/")):
        raise Refusal("malformed-request", "the rewritten path has a dot segment")
    return path if path.startswith("/") else "/" + path
