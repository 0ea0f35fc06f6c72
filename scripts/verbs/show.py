"""``weir show``: what is configured now, as ``.weir`` text."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from scripts.api_command import Mistake, api_parser, show_json, with_api
from scripts.terminal.exit_codes import FINE
from scripts.verbs.versions import number_of
from weir.api.definitions import RESOURCES, DefinitionsQuery, RulesQuery
from weir.client.client import Client
from weir.client.errors import Missing
from weir.client.resources.definitions import Definitions
from weir.models.document import OWNERS, Owner
from weir.rules.printer import print_definition

HELP = "print what is configured, all of it or one definition"
KINDS = tuple(resource.plural for resource in RESOURCES)
FILTERS = ("tag", "host", "upstream")
"""Of rules and groups alone."""


def run(arguments: list[str]) -> int:
    """0, or 2 where there is no such thing."""
    return with_api("show", parser().parse_args(arguments), show)


def parser() -> argparse.ArgumentParser:
    made = api_parser(
        "show",
        "prints what is configured: everything (weir show), all definitions of a kind (weir show rules) or one "
        "(weir show rules api/orders)",
    )
    made.add_argument(
        "kind", nargs="?", default="", choices=("", *KINDS), metavar="KIND", help=", ".join(KINDS)
    )
    made.add_argument("name", nargs="?", default="", metavar="NAME", help="of a rule in a group: GROUP/RULE")
    made.add_argument("--owner", choices=OWNERS, default=None, help="whose (default: every owner's)")
    made.add_argument("--version", default="", metavar="N", help="everything as it was in an earlier version")
    made.add_argument(
        "-q", "--query", default="", metavar="TEXT", help="only with this in the name or in the text"
    )
    for name in FILTERS:
        made.add_argument(f"--{name}", default="", metavar="NAME", help=f"only rules of this {name}")
    return made


def show(client: Client, options: argparse.Namespace) -> int:
    owners: tuple[Owner, ...] = (options.owner,) if options.owner else OWNERS
    if not options.kind:
        return everything(client, options, owners)
    if options.version:
        raise Mistake("--version goes with everything: weir show --version N")
    resource = definitions_of(client, options.kind)
    return one(resource, options, owners) if options.name else all_of(resource, options)


def definitions_of(client: Client, kind: str) -> Definitions[Any, Any]:
    found: Definitions[Any, Any] = getattr(client, kind)
    return found


def everything(client: Client, options: argparse.Namespace, owners: tuple[Owner, ...]) -> int:
    """An owner that has nothing is passed over, unless it was asked for."""
    version = number_of(options.version) if options.version else None
    if options.json:
        held = [client.config.get(owner, version) for owner in owners]
        show_json(
            {
                "items": [
                    {"owner": each.config.owner, "number": each.config.number, "etag": each.etag,
                     "document": each.config.document}
                    for each in held
                ]
            }
        )  # fmt: skip
        return FINE
    texts = {owner: client.config.text(owner, version).text for owner in owners}
    if options.owner:
        print(texts[options.owner], end="")
        return FINE
    parts = [
        f"# Owner {owner}\n{text}" for owner, text in texts.items() if text.strip() not in ("", "language 1")
    ]
    print("\n".join(parts) or "# nothing is configured yet: weir apply FILE", end="" if parts else "\n")
    return FINE


def one(resource: Definitions[Any, Any], options: argparse.Namespace, owners: tuple[Owner, ...]) -> int:
    """Of the first owner that has it, in their order of precedence."""
    for owner in owners:
        try:
            held = resource.text(options.name, owner)
        except Missing:
            continue
        if options.json:
            definition = resource.get(options.name, owner)
            show_json({"owner": owner, "etag": definition.etag, "definition": definition.definition})
        else:
            print(held.text, end="" if held.text.endswith("\n") else "\n")
        return FINE
    whose = f"owner {options.owner} has" if options.owner else "there is"
    raise Mistake(
        f'{whose} no "{options.name}" among the {options.kind}; weir show {options.kind} lists them'
    )


def all_of(resource: Definitions[Any, Any], options: argparse.Namespace) -> int:
    items: Iterator[Any] = resource.every(query_of(options))
    if options.json:
        show_json({"items": list(items)})
        return FINE
    for item in items:
        text = print_definition(item.definition)
        print(f"# {item.owner}: {item.name}\n{text}", end="" if text.endswith("\n") else "\n")
    return FINE


def query_of(options: argparse.Namespace) -> DefinitionsQuery:
    filters = {name: getattr(options, name) for name in FILTERS if getattr(options, name)}
    if options.kind in ("rules", "groups"):
        return RulesQuery(limit=500, owner=options.owner, q=options.query, **filters)
    if filters:
        raise Mistake(f"--{next(iter(filters))} is for rules and groups")
    return DefinitionsQuery(limit=500, owner=options.owner, q=options.query)
