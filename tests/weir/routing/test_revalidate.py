"""A document that was good and changed: whether it still is, by looking at the change."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.support.edits import WORKING, histories
from weir.models.document import Define, Document, Group, Limit, Rule, Upstream
from weir.models.problem import Refused
from weir.routing import revalidate
from weir.routing.revalidate import Good
from weir.routing.validate import errors_in, validate, warning_steps
from weir.rules.parser import parse
from weir.rules.reparse import Change, read_again, read_first


def document(text: str) -> Document:
    return parse(text).document


def changed(before: Document, after: Document) -> Change:
    """Without looking at the order."""
    return Change(
        tuple(each for each in before.definitions if each not in after.definitions),
        tuple(each for each in after.definitions if each not in before.definitions),
    )


def follows(before: str, after: str) -> bool:
    old, new = document(before), document(after)
    assert not errors_in(old)
    return Good(old).follows(new, *changed(old, new))


@given(histories())
@settings(max_examples=150, deadline=None)
def test_after_any_edits_it_is_good_only_if_it_is_good_by_itself(texts: list[str]) -> None:
    known = read_first(texts[0])[0]
    good = Good(known.document)
    for text in texts[1:]:
        found = read_again(known, text)
        if found is None:
            try:
                read, parsed = read_first(text)
            except Refused:
                continue
            if not errors_in(*parsed):
                known, good = read, Good(read.document)
            continue
        now, change = found
        if good.follows(now.document, *change):
            assert errors_in(now.document) == ()
            assert vars(good) == vars(Good(now.document))
            known = now
        else:
            assert vars(good) == vars(Good(known.document))


GOOD = {
    "a rule more": (WORKING, WORKING + "rule z { when both; limit gold; proxy u }\n"),
    "a rule less": (WORKING, WORKING.replace("rule e {", "rule z {")),
    "another target": (WORKING, WORKING.replace("127.0.0.1:1", "127.0.0.1:7")),
    "another rate": (WORKING, WORKING.replace("5 per 1s", "6 per 1s")),
    "a define more": (WORKING, WORKING + "define z = both or inside\n"),
    "an upstream and a rule for it": (
        WORKING,
        WORKING + "upstream w { target http://w }\nrule z { proxy w }\n",
    ),
    "defaults": (WORKING, WORKING + "defaults { max body 1KiB }\n"),
    "a comment of a define": (WORKING, WORKING.replace("define both", "# two\ndefine both")),
}


@pytest.mark.parametrize(("before", "after"), GOOD.values(), ids=GOOD.keys())
def test_good_edits_are_known_by_what_changed(
    monkeypatch: pytest.MonkeyPatch, before: str, after: str
) -> None:
    looked_at: list[int] = []

    def counting(document: Document) -> tuple[object, ...]:
        looked_at.append(len([each for each in document.definitions if isinstance(each, Rule | Group)]))
        return errors_in(document)

    monkeypatch.setattr(revalidate, "errors_in", counting)
    assert errors_in(document(after)) == ()
    assert follows(before, after)
    assert sum(looked_at) <= 1


BAD = {
    "a name twice": WORKING + "rule a { respond 200 }\n",
    "an upstream that is used goes": WORKING.replace(
        "upstream v { target http://127.0.0.1:2 } # spare\n", ""
    ),
    "a limit that is used goes": WORKING.replace("limit gold { 5 per 1s }\n", ""),
    "a limit changes its name": WORKING.replace("limit gold { 5", "limit silver { 5"),
    "a define that is used goes": WORKING.replace("define inside", "define outside"),
    "an unknown upstream": WORKING.replace("mirror v", "mirror w"),
    "an unknown limit": WORKING.replace("limit gold; proxy", "limit silver; proxy"),
    "an expression that is none": WORKING.replace('path under "/b"', 'path matches "("'),
    "a define that is none": WORKING.replace('host == "a"', 'path matches "("'),
    "a define that it uses is none": WORKING
    + 'define z = both and path matches "("\nrule z { when z; respond 200 }\n',
    "a cycle": WORKING + "define y = z\ndefine z = y\n",
    "a second defaults": WORKING + "defaults { max body 1KiB }\ndefaults { max head 9KiB }\n",
    "not built": WORKING + "rule z { require mtls; respond 200 }\n",
    "a comment of the document": "# a\rb\n" + WORKING,
}


@pytest.mark.parametrize("after", BAD.values(), ids=BAD.keys())
def test_bad_edits_are_not_good(after: str) -> None:
    assert errors_in(document(after))
    assert not follows(WORKING, after)


def test_where_paths_are_compared_otherwise_all_is_checked() -> None:
    assert not follows(WORKING, WORKING + "defaults { merge_slashes off }\n")
    assert not follows(WORKING + "defaults { merge_slashes off }\n", WORKING)
    assert follows(WORKING + "defaults { merge_slashes on }\n", WORKING)


def test_more_rules_than_fit_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = [f"rule r{number} {{ respond 200 }}\n" for number in range(5)]
    monkeypatch.setattr(revalidate, "MAX_ROUTES", 4)
    assert follows("".join(rules[:3]), "".join(rules[:4]))
    assert not follows("".join(rules[:3]), "".join(rules))


@given(histories())
@settings(max_examples=100, deadline=None)
def test_errors_and_warnings_apart_are_what_they_are_together(texts: list[str]) -> None:
    for text in texts:
        try:
            parsed = parse(text)
        except Refused:
            continue
        problems = validate(*parsed)
        errors = errors_in(*parsed)
        assert [each for each in problems if each.severity == "error"] == list(errors)
        if not errors:
            assert sorted(each.message for each in _warnings(parsed.document)) == sorted(
                each.message for each in problems
            )


def _warnings(of: Document):
    steps = warning_steps(of)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def test_what_others_refer_to_is_of_these_kinds() -> None:
    shared = revalidate._shared(document(WORKING).definitions)
    assert {type(each) for each in shared.values()} == {Define, Upstream, Limit}
