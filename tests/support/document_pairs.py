"""Hypothesis strategy for two documents of which the second was made from the first: kept, moved, replaced, new."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st

from tests.support.documents import definitions, documents
from weir.models.document import Document


@st.composite
def document_pairs(draw: st.DrawFn) -> tuple[Document, Document]:
    first = draw(documents)
    old = draw(st.lists(definitions, max_size=6))
    kept = draw(st.lists(st.sampled_from(old), max_size=8)) if old else []
    second = draw(st.one_of(documents, st.just(first)))
    new = draw(st.lists(definitions, max_size=2))
    before = msgspec.structs.replace(first, definitions=tuple(old))
    place = draw(st.integers(0, len(kept)))
    return before, msgspec.structs.replace(second, definitions=(*kept[:place], *new, *kept[place:]))
