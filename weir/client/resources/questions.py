"""``explain`` and ``lint``: asking about a configuration, current, past or only drafted."""

from __future__ import annotations

from typing import cast

from weir.api.config import ConfigQuery
from weir.api.explain import Explained, Question
from weir.api.lint import Linted, LintQuery
from weir.client.calls import Calls
from weir.models.document import Document, Owner


class Questions:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def explain(self, question: Question) -> Explained:
        return cast(Explained, self._calls.call("explain.ask", body=question).result)

    def lint(self, owner: Owner = "api", version: int | None = None) -> Linted:
        return cast(Linted, self._calls.call("lint.get", query=ConfigQuery(owner, version)).result)

    def lint_draft(self, draft: Document | str, owner: Owner = "api") -> Linted:
        return cast(Linted, self._calls.call("lint.draft", query=LintQuery(owner), body=draft).result)
