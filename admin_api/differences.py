"""Differences between documents, as the API words them."""

from __future__ import annotations

from weir.api.changes import Changed, Difference
from weir.models.document import Document
from weir.rules.difference import changes
from weir.rules.text_difference import text_difference
from weir.serving.off_loop import SMALL, off_loop


def difference_of(before: Document, after: Document, name_before: str, name_after: str) -> Difference:
    """Empty if they are equal."""
    is_small = max(len(before.definitions), len(after.definitions)) <= SMALL
    return off_loop(lambda: _difference(before, after, name_before, name_after), is_small=is_small)


def text_of(before: Document, after: Document, name_before: str, name_after: str) -> str:
    """Only the unified diff."""
    is_small = max(len(before.definitions), len(after.definitions)) <= SMALL
    return off_loop(lambda: text_difference(before, after, name_before, name_after), is_small=is_small)


def _difference(before: Document, after: Document, name_before: str, name_after: str) -> Difference:
    found = changes(before, after)
    return Difference(
        changes=tuple(
            Changed(kind=each.kind, name=each.name, change=each.change, before=each.before, after=each.after)
            for each in found.listed
        ),
        left_out=found.left_out,
        added=found.counts["added"],
        removed=found.counts["removed"],
        changed=found.counts["changed"],
        moved=found.counts["moved"],
        text=text_difference(before, after, name_before, name_after),
    )
