"""A file that is to become a configuration: ``.weir`` text as it is, or its JSON form."""

from __future__ import annotations

from scripts.api_command import Mistake
from scripts.rule_files import read_text, shown
from weir.models.document import Document
from weir.models.problem import Refused
from weir.rules.json_form import from_json


def draft_of(name: str) -> Document | str:
    """Text is not parsed: the API finds everything that is wrong with it. Raises Unreadable and Mistake."""
    text = read_text(name)
    if text.lstrip()[:1] != "{":
        return text
    try:
        return from_json(text.encode())
    except Refused as refused:
        found = "; ".join(problem.text(shown(name)) for problem in refused.problems[:5])
        raise Mistake(found) from refused
