"""Pages for people: two languages with the same words, and nothing in them that a stranger wrote."""

from __future__ import annotations

import re
import string

import pytest
from flask import Flask

from auth.pages.language import MAX_RANGES, language_of
from auth.pages.render import Pages
from auth.pages.words import EN, ZH

EVIL = "<script>alert(1)</script>\"'{x}"


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_every_sentence_and_fill_in_the_same() -> None:
    assert EN.keys() == ZH.keys()
    for key in EN:
        assert names_in(EN[key]) == names_in(ZH[key]), key
        assert EN[key]
        assert re.search("[\u4e00-\u9fff]", ZH[key]), f"{key} is not in Chinese"


@pytest.mark.parametrize(
    ("field", "language"),
    [
        ("", "en"),
        ("en", "en"),
        ("zh", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("de,zh;q=0.5", "zh"),
        ("de,fr", "en"),
        ("zh;q=0", "en"),
        ("zh;q=0.5,en;q=0.6", "en"),
        ("*", "en"),
        ("zh-Hant-TW", "zh"),
        ("zh;q=1.5", "en"),
        ("zh;q=,,;;", "en"),
        (", " * 5000 + "zh", "en"),
        ("de," * (MAX_RANGES - 1) + "zh", "zh"),
        ("de," * MAX_RANGES + "zh", "en"),
    ],
)
def test_a_page_is_in_the_language_that_the_browser_likes_best(field: str, language: str) -> None:
    assert language_of(field) == language


@pytest.fixture(scope="module")
def pages() -> Pages:
    return Pages("/sso")


def test_what_others_wrote_is_text(pages: Pages) -> None:
    with Flask("test").test_request_context():
        answer = pages.render(
            "consent.html",
            client=EVIL,
            scopes=(EVIL, "other"),
            place=EVIL,
            place_kind="site",
            action="/x",
            csrf="c",
            question=EVIL,
            user=EVIL,
            again="/oauth2/authorize?a=1&b=2",
            device_code="",
        )
    text = answer.get_data(as_text=True)
    assert "<script" not in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;{x}") >= 6
    assert 'href="/sso/login?next=/oauth2/authorize%3Fa%3D1%26b%3D2"' in text
    assert "Use <" not in text
    assert "Use other" in text


def test_a_page_cannot_be_framed_scripted_or_stored_and_says_its_language(pages: Pages) -> None:
    with Flask("test").test_request_context(headers={"Accept-Language": "zh-CN"}):
        answer = pages.message("signed-out-title", "signed-out")
        leading = pages.render("message.html", leads_to="https://a.example", **MESSAGE)
    policy = answer.headers["Content-Security-Policy"]
    assert policy == (
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    assert "form-action 'self' https://a.example;" in leading.headers["Content-Security-Policy"]
    assert '<html lang="zh-Hans">' in answer.get_data(as_text=True)
    assert answer.headers["Content-Language"] == "zh-Hans"
    assert answer.headers["Referrer-Policy"] == "same-origin", (
        "with no-referrer forms would come from nowhere"
    )
    assert "您已退出登录" in answer.get_data(as_text=True)


MESSAGE = {"title": "signed-out-title", "text": "", "detail": "", "hint": "", "request_id": ""}


def test_the_style_sheet_has_an_address_of_its_own_for_each_content(pages: Pages) -> None:
    with Flask("test").test_request_context():
        text = pages.message("signed-out-title", "").get_data(as_text=True)
        style = pages.stylesheet()
    found = re.search(r'href="/sso/pages/weir\.css\?v=([0-9a-f]{12})"', text)
    assert found
    assert style.content_type.startswith("text/css")
    assert "immutable" in style.headers["Cache-Control"]


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = ((p / 12.92) if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground", "least"),
    [
        ("text", "sheet", 7.0),
        ("text", "ground", 7.0),
        ("quiet", "sheet", 4.5),
        ("main", "sheet", 4.5),
        ("on-main", "main", 4.5),
        ("on-main", "main-hover", 4.5),
        ("bad", "bad-ground", 4.5),
        ("text", "warn-ground", 4.5),
        ("text", "good-ground", 4.5),
        ("line", "sheet", 3.0),
        ("bad", "sheet", 3.0),
    ],
)
def test_colours_have_the_contrast_that_people_need(
    pages: Pages, scheme: str, text: str, ground: str, least: float
) -> None:
    blocks = re.findall(r":root \{(.*?)\}", pages.style.decode(), re.DOTALL)
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", blocks[scheme == "dark"]))
    lights = sorted((luminance(found[text]), luminance(found[ground])))
    assert (lights[1] + 0.05) / (lights[0] + 0.05) >= least
