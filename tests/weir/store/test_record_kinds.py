from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from weir.models.auth.verifier import VerifierKind
from weir.store.record_kinds import EVERY_KIND, MOST_OF_OWNER, OF_CONSUMER, Kind

PAGE = Path(__file__).parents[3] / "docs" / "store.md"


@pytest.mark.parametrize("kind", EVERY_KIND, ids=lambda kind: kind.name)
def test_a_kind_fits_its_struct(kind: Kind[Any]) -> None:
    fields = kind.type.__struct_fields__
    assert kind.id_field in fields
    assert kind.owned == ("consumer" in fields)
    assert kind.owned >= kind.owner_required


def test_no_two_kinds_are_one() -> None:
    assert (
        len({kind.name for kind in EVERY_KIND}) == len({kind.type for kind in EVERY_KIND}) == len(EVERY_KIND)
    )


def test_the_feed_names_credentials_as_verifiers_are_named() -> None:
    named = {kind.named for kind in EVERY_KIND if kind.topic == "credential"}
    assert named == set(get_args(VerifierKind)) - {"opaque"}
    assert {kind.name for kind in EVERY_KIND if kind.owned} == {kind.name for kind in OF_CONSUMER}


def test_how_many_there_may_be_is_on_the_page_about_the_store() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for kind in EVERY_KIND:
        assert f"| {kind.name} | {kind.most:,} |".replace(",", " ") in page, kind.name
    assert f"at most {MOST_OF_OWNER} of each" in page
