from __future__ import annotations

import json
from typing import Any

import pytest

from admin_api.openapi import document
from tests.support.admin_example import OPERATIONS as EXAMPLES
from weir.api.operation import Operation
from weir.api.operations import OPERATIONS

WHOLE = document(OPERATIONS)


def test_the_document_is_json_and_says_what_it_is() -> None:
    again = json.loads(json.dumps(WHOLE))
    assert (again["openapi"], again["info"]["title"]) == ("3.1.0", "Weir admin API")


def test_every_reference_leads_somewhere() -> None:
    for reference in references(WHOLE):
        place: Any = WHOLE
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]
        assert place


@pytest.mark.parametrize("operation", OPERATIONS, ids=[operation.id for operation in OPERATIONS])
def test_every_operation_is_in_it_with_its_statuses(operation: Operation) -> None:
    said = WHOLE["paths"]["/api/v1" + operation.path][operation.method.lower()]
    assert (said["operationId"], said["summary"]) == (operation.id, operation.summary)
    assert {str(status) for status in (operation.status, *operation.refusals, 400, 503)} <= said[
        "responses"
    ].keys()
    assert bool(said["security"]) == (operation.role is not None)
    assert ("requestBody" in said) == operation.takes_body
    named = {each["name"] for each in said["parameters"] if each["in"] == "path"}
    assert named == {part[1:-1] for part in operation.path.split("/") if part.startswith("{")}


def test_parameters_bodies_and_descriptions_are_those_of_the_words() -> None:
    put = document(EXAMPLES)["paths"]["/api/v1/things/{name}"]["put"]
    parameters = {each["name"]: each for each in put["parameters"]}
    assert parameters["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 500, "default": 100}
    assert parameters["limit"]["description"] == "At most so many items."
    assert parameters["tag"]["schema"]["type"] == "array"
    assert {"If-Match", "If-None-Match", "X-CSRF-Token"} <= parameters.keys()
    assert put["requestBody"]["required"] is True
    assert list(put["requestBody"]["content"]) == [
        "application/json",
        "text/plain",
        "application/octet-stream",
    ]
    assert {"412", "413", "415", "428"} <= put["responses"].keys()


def test_an_answer_without_a_body_has_no_media_type() -> None:
    drop = document(EXAMPLES)["paths"]["/api/v1/things/{name}"]["delete"]
    assert "content" not in drop["responses"]["204"]


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for each in value.values() for found in references(each)]
    return [found for each in value for found in references(each)] if isinstance(value, list) else []
