"""Blocks, and whose every comment is."""

from __future__ import annotations

import pytest

from weir.models.document import Rule
from weir.models.node import Clause
from weir.rules.blocks import read_block
from weir.rules.cursor import Cursor, Unexpected
from weir.rules.parser import parse
from weir.rules.problems import Problems


def rule_of(text: str) -> Rule:
    rule = parse(text).document.definitions[0]
    assert isinstance(rule, Rule)
    return rule


def test_every_comment_has_its_owner() -> None:
    rule = rule_of(
        """# above the rule
        rule a { # beside the rule
            # above the clause

            # above it too
            proxy b, # in the clause
                  c # beside the clause
            # above the next
            tag d; # beside it
            # at the end
        }"""
    )
    assert (rule.comments, rule.comment_beside) == (("above the rule",), "beside the rule")
    proxy, tag = rule.clauses
    assert proxy.comments == ("above the clause", "above it too", "in the clause")
    assert proxy.comment_beside == "beside the clause"
    assert (tag.comments, tag.comment_beside) == (("above the next",), "beside it")
    assert rule.comments_end == ("at the end",)


def test_of_two_comments_beside_a_block_the_one_behind_its_end_stands_above() -> None:
    rule = rule_of("# above\nrule a { # beside\n proxy b } # behind")
    assert (rule.comments, rule.comment_beside) == (("above", "behind"), "beside")


def test_comments_inside_of_cors_are_at_its_end() -> None:
    cors = rule_of('rule a { cors { # beside\n # one\n origins ["a"] # two\n # three\n } }').clauses[0]
    assert cors.comment_beside == "beside"
    assert cors.comments_end == ("one", "two", "three")  # type: ignore[union-attr]


def test_a_problem_in_one_item_does_not_hide_those_of_the_next() -> None:
    problems = Problems()
    cursor = Cursor("{ a; 5; b; 6 } rest", problems)

    def item() -> Clause:
        cursor.name("a name")
        return Clause()

    assert len(read_block(cursor, item).items) == 2
    assert [problem.column for problem in problems.all()] == [6, 12]
    assert cursor.at_word("rest")


@pytest.mark.parametrize("text", ["", "a", "{", "{ a"])
def test_a_block_has_both_its_braces(text: str) -> None:
    cursor = Cursor(text, Problems())

    def item() -> Clause:
        cursor.name("a name")
        return Clause()

    with pytest.raises(Unexpected):
        read_block(cursor, item)


def test_nodes_that_comments_were_added_to_keep_their_places() -> None:
    parsed = parse("# one\nrule a {\n # two\n tag b # three\n}")
    rule = parsed.document.definitions[0]
    assert isinstance(rule, Rule)
    assert parsed.positions.of(rule) == (2, 1)
    assert parsed.positions.of(rule.clauses[0]) == (4, 2)
