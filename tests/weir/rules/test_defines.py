"""Defines as a graph."""

from __future__ import annotations

from weir.models.condition import And, AnyRequest, Condition, Not, Or, Reference
from weir.rules.defines import inner_first, references, substitute, without_references

A, B = Reference("a"), Reference("b")


def test_references_are_the_names_in_a_condition() -> None:
    assert references(Or((A, And((Not(B), A)), AnyRequest()))) == {"a", "b"}
    assert references(AnyRequest()) == frozenset()


def test_names_come_after_those_that_they_use_and_cycles_do_not_come() -> None:
    uses = {"a": {"b", "c"}, "b": {"c"}, "c": set(), "x": {"y"}, "y": {"x"}, "z": {"x"}}
    assert list(inner_first(uses)) == ["c", "b", "a"]


def test_a_chain_of_thousands_does_not_run_out_of_stack() -> None:
    defines: dict[str, Condition] = {f"d{n}": Reference(f"d{n + 1}") for n in range(10_000)}
    defines["d10000"] = AnyRequest()
    assert without_references(defines)["d0"] is defines["d10000"]


def test_substitution_shares_what_a_define_stands_for() -> None:
    defines: dict[str, Condition] = {"a": Not(AnyRequest()), "b": And((A, A))}
    done = without_references(defines)
    assert done["b"] == And((Not(AnyRequest()), Not(AnyRequest())))
    found = substitute(Or((B, B)), done)
    assert isinstance(found, Or)
    assert found.terms[0] is found.terms[1] is done["b"]
