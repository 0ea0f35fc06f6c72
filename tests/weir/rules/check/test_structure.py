"""Checks of whole blocks: groups and their rules."""

from __future__ import annotations

from weir.models.document import Document, Group, Rule
from weir.models.rule_clauses import Log, Respond
from weir.rules.check.document import check
from weir.rules.parser import parse


def test_a_rule_may_repeat_what_its_group_says() -> None:
    text = "group g { tag a; timeout try 5s; respond 200; rule r { tag b; timeout try 6s; respond 201 } }"
    assert check(*parse(text)) == ()


def test_a_rule_may_leave_the_action_to_its_group_and_a_group_to_its_rules() -> None:
    assert check(*parse("group g { respond 200; rule r { tag b } }")) == ()
    assert check(*parse("group g { rule r { respond 200 } }")) == ()
    assert [p.code for p in check(*parse("group g { rule r { tag b } }"))] == ["no-action"]


def test_a_clause_is_repeated_also_where_rules_stand_between() -> None:
    group = Group(
        name="g", members=(Log(on=True), Rule(name="r", clauses=(Respond(status=200),)), Log(on=False))
    )
    problems = check(Document(definitions=(group,)))
    assert [(p.code, p.path) for p in problems] == [("duplicate", "definitions[0].members[2]")]


def test_limits_targets_and_added_headers_may_repeat() -> None:
    text = """
    upstream u { target http://a; target http://b }
    rule r {
        limit 5 per 1s
        limit 50 per 1m
        add response header "Vary" = "Accept"
        add response header "Vary" = "Origin"
        proxy u
    }
    """
    assert {p.code for p in check(*parse(text))} == set()
