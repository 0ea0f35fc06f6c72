"""The table of metric families is sound."""

from __future__ import annotations

import re

from edge.telemetry.families import FAMILIES


def test_names_are_unique_and_follow_the_naming_of_prometheus():
    names = [family.name for family in FAMILIES]
    assert len(set(names)) == len(names)
    for family in FAMILIES:
        assert re.fullmatch(r"weir_[a-z_]+", family.name)
        assert family.name.endswith("_total") == (family.kind == "counter")
        assert family.help.endswith(".")


def test_only_histograms_have_buckets_and_theirs_rise():
    for family in FAMILIES:
        assert bool(family.buckets) == (family.kind == "histogram")
        assert list(family.buckets) == sorted(set(family.buckets))
