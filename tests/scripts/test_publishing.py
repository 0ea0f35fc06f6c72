"""What apply, edit and restore do alike; the whole of it is tested with them."""

from __future__ import annotations

import argparse
import io

import pytest

from scripts.publishing import add_publishing, sentence, show_difference
from weir.api.changes import Difference, Written
from weir.models.problem import Problem


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (Written(number=3, owner="api", outcome="published"), "published as version 3"),
        (Written(number=3, owner="api", outcome="already-published", durable=True), "published as version 3"),
        (
            Written(number=3, owner="api", outcome="published", durable=False),
            "published as version 3; this store keeps nothing on disk",
        ),
        (Written(number=3, owner="api", outcome="unchanged"), "nothing changes: version 3 has it already"),
        (Written(number=0, owner="api", outcome="dry-run"), "nothing changes"),
    ],
)
def test_what_happened_is_one_sentence(written: Written, said: str) -> None:
    assert sentence(written) == said


def test_warnings_come_with_the_difference() -> None:
    screen = io.StringIO()
    warning = Problem(code="x", message="never matches", severity="warning", line=3, column=1)
    show_difference(
        Written(number=1, owner="api", outcome="dry-run", difference=Difference(), warnings=(warning,)),
        screen,
    )
    assert screen.getvalue() == "no difference\n3:1: warning: never matches\n"


def test_nothing_is_published_or_waited_for_without_being_asked() -> None:
    parser = argparse.ArgumentParser()
    add_publishing(parser)
    options = parser.parse_args([])
    assert (options.yes, options.dry_run, options.no_wait, options.wait) == (False, False, False, 60.0)
