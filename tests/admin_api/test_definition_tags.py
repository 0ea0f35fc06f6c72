"""Entity tags of definitions."""

from __future__ import annotations

from admin_api.definition_tags import tag_of
from weir.rules.parser import parse


def tag(text: str) -> str:
    return tag_of(parse(text).document.definitions[0])  # type: ignore[arg-type]


def test_a_tag_is_sixteen_hex_digits_of_what_is_said() -> None:
    assert len(tag("rule a { respond 200 }")) == 16
    assert tag("rule a { respond 200 }") == tag("rule   a {\n respond 200\n}")


def test_everything_that_is_said_counts() -> None:
    texts = (
        "rule a { respond 200 }",
        "rule b { respond 200 }",
        "# c\nrule a { respond 200 }",
        "limit a { 5 per 1s }",
    )
    assert len(set(map(tag, texts))) == len(texts)
