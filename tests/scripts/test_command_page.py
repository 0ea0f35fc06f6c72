from __future__ import annotations

import argparse

from scripts.command_page import page, usage
from scripts.main import VERBS


def test_every_command_has_its_section_and_its_row() -> None:
    text = page()
    for verb in VERBS:
        assert f"\n### weir {verb.name}\n" in text
        assert f"| [`weir {verb.name}`](#weir-{verb.name}) | {verb.help} |" in text


def test_the_usage_names_what_stands_without_a_flag() -> None:
    parser = argparse.ArgumentParser(prog="weir x")
    assert usage(parser) == "weir x"
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("more", nargs="*", metavar="MORE")
    parser.add_argument("kind", choices=("a", "b"), nargs="?")
    parser.add_argument("--flag")
    assert usage(parser) == "weir x FILE [MORE] [a | b] [FLAGS]"


def test_flags_of_every_command_are_explained() -> None:
    lines = [line for line in page().splitlines() if line.startswith("| `")]
    assert len(lines) > 50
    assert not [line for line in lines if line.endswith("|  |")]
