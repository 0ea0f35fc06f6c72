"""Names: each once, and defines that are sound."""

from __future__ import annotations

from weir.models.document import Document
from weir.rules.check.findings import Findings
from weir.rules.check.references import captures_of, check_defines, check_duplicates, names_of, unknown
from weir.rules.parser import parse


def document(text: str) -> Document:
    return parse(text).document


def test_sound_defines_come_inner_ones_first_with_their_size() -> None:
    findings = Findings(None)
    sizes = check_defines(
        document("define a = b and b\ndefine b = any or c\ndefine c = any\ndefine x = x"), findings
    )
    assert dict(sizes) == {"c": 1, "b": 3, "a": 7}
    assert list(sizes) == ["c", "b", "a"]
    assert [(problem.code, problem.path) for problem in findings.all()] == [("cycle", "definitions[3]")]


def test_only_what_is_in_a_cycle_is_reported_not_what_leads_into_it() -> None:
    findings = Findings(None)
    check_defines(document("define a = b\ndefine b = c\ndefine c = b\ndefine d = a"), findings)
    assert [problem.path for problem in findings.all()] == ["definitions[1]", "definitions[2]"]


def test_a_define_captures_what_it_is_sure_to_capture() -> None:
    text = 'define a = path like "/{x}" or b\ndefine b = path like "/{x}/{y}"'
    assert captures_of(document(text), ["b", "a"]) == {"a": {"x"}, "b": {"x", "y"}}


def test_kinds_have_name_spaces_of_their_own_but_rules_and_groups_share_one() -> None:
    findings = Findings(None)
    check_duplicates(
        document("define a = any\nupstream a {}\nlimit a {}\nrule a {}\ngroup b { rule a {} }"), findings
    )
    assert findings.all() == ()
    check_duplicates(document('rule "b/a" {}\ngroup b { rule a {}; rule a {} }'), findings)
    assert [problem.message for problem in findings.all()] == ['rule "b/a" is defined twice'] * 2


def test_names_by_kind() -> None:
    names = names_of(document("define a = any\nupstream b {}\nlimit c {}\nrule d {}"))
    assert names == (frozenset("a"), frozenset("b"), frozenset("c"))


def test_an_unknown_name_comes_with_the_closest_one() -> None:
    suggestion = unknown("upstream", "odrers", frozenset({"orders", "users"})).suggestion
    assert not isinstance(suggestion, str)
    assert suggestion() == '"orders"'
