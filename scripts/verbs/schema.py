"""``weir schema``: the JSON schema of the rule language's JSON form."""

from __future__ import annotations

import argparse
import json

from weir.rules.json_form import schema

HELP = "print the JSON schema of the rule language"


def run(arguments: list[str]) -> int:
    parser().parse_args(arguments)
    print(json.dumps(schema(), indent=2, ensure_ascii=False))
    return 0


def parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog="weir schema", description=HELP)
