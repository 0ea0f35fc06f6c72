"""Every page leads where it says, and its examples can be published."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.tree import ROOT, tracked
from weir.models.problem import errors_of
from weir.routing.validate import validate
from weir.rules.parser import parse

PAGES = [path for path in tracked("*.md") if path.parts[0] != "changes"]
ELSEWHERE = {Path("docs/rule-language.md")}
"""Examples with a test of their own."""

CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def text_of(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def anchors(path: Path) -> set[str]:
    """Of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", CODE.sub("", text_of(path)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def examples() -> list[tuple[Path, str]]:
    return [
        (path, example)
        for path in PAGES
        if path not in ELSEWHERE
        for example in re.findall(r"^```weir\n(.*?)^```", text_of(path), re.MULTILINE | re.DOTALL)
    ]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_link_inside_the_tree_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(CODE.sub("", text_of(page))):
        if link.startswith(("http://", "https://")):
            continue
        target, _, anchor = link.partition("#")
        path = (ROOT / page.parent / target).resolve().relative_to(ROOT) if target else page
        assert (ROOT / path).exists(), link
        assert not anchor or anchor in anchors(path), link


@pytest.mark.parametrize(("page", "example"), examples())
def test_an_example_can_be_published(page: Path, example: str) -> None:
    assert errors_of(validate(*parse(example))) == ()


def test_both_readmes_show_the_same_examples() -> None:
    def shown(path: str) -> list[str]:
        return [re.sub(r"#.*", "", example) for page, example in examples() if page == Path(path)]

    assert shown("README.md") == shown("README.zh.md") != []


def test_every_page_is_named_in_both_readmes() -> None:
    for readme in (Path("README.md"), Path("README.zh.md")):
        text = text_of(readme)
        for page in PAGES:
            if page.parts[0] == "docs" and len(page.parts) == 2:
                assert f"({page.as_posix()})" in text, f"{readme}: {page}"
