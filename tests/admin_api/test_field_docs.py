from __future__ import annotations

import msgspec

from admin_api.field_docs import described, field_docs, structs_in


class Inner(msgspec.Struct):
    depth: int
    """How deep,
    in ``m``."""


class Outer(Inner):
    inner: tuple[Inner, ...] | None
    """What is inside."""
    silent: int = 0


def test_a_fields_docstring_is_the_string_below_it() -> None:
    assert field_docs(Outer) == {"depth": "How deep, in `m`.", "inner": "What is inside."}


def test_structs_are_found_however_deep() -> None:
    assert set(structs_in([dict[str, list[Outer]]])) == {Outer, Inner}


def test_descriptions_are_added_to_what_msgspec_says() -> None:
    components = {"Inner": {"properties": {"depth": {"type": "integer"}}}}
    described(components, [Inner, Outer])
    assert components["Inner"]["properties"]["depth"] == {
        "description": "How deep, in `m`.",
        "type": "integer",
    }


def test_a_struct_without_source_has_none() -> None:
    assert field_docs(msgspec.defstruct("Made", ["x"])) == {}
