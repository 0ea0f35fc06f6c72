"""``weir explain``: which rule of a file a request meets, and why."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from scripts.rule_files import Unreadable, read_text, shown
from weir.models.effective import Pool, Settings
from weir.models.problem import Refused, errors_of
from weir.routing.authority import BadAuthority, normalise_authority
from weir.routing.explain import explain, explain_text
from weir.routing.facts import RequestFacts
from weir.routing.normalise import BadPath, normalise_path
from weir.routing.table import RouteSet, Table
from weir.routing.validate import NOT_BUILT, validate
from weir.rules.defaults import settings
from weir.rules.parser import parse
from weir.rules.pools import pools
from weir.rules.resolve import environment, routes

HELP = "say which rule a request meets, and why"

DEFAULT_PORTS = {"http": 80, "https": 443}


class BadRequest(Exception):
    """What was typed is not a request; the message is one sentence."""


def run(arguments: list[str]) -> int:
    """0 where a rule answers, 1 where none does, 2 where the file or the request cannot be read."""
    options = _parser().parse_args(arguments)
    try:
        table, upstreams, found = _table(options.file)
        facts = facts_of(options.request, options.header, options.ip, found)
    except Refused as refused:
        for problem in refused.problems:
            print(problem.text(shown(options.file)), file=sys.stderr)
        return 2
    except (Unreadable, BadRequest) as error:
        print(f"weir explain: {error}", file=sys.stderr)
        return 2
    explanation = explain(table, facts, all=options.all, pools=upstreams, settings=found)
    if options.json:
        print(msgspec.json.encode(explanation).decode())
    else:
        print(explain_text(explanation))
    return int(table.match(facts) is None)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="weir explain", description=HELP)
    parser.add_argument(
        "request", help="such as 'GET http://api.example.com/orders/7?page=2'; GET if no method is given"
    )
    parser.add_argument("--file", required=True, help="the .weir file; - is standard input")
    parser.add_argument(
        "-H", "--header", action="append", default=[], help="a header field, such as 'X-User: 7'; repeatable"
    )
    parser.add_argument("--ip", default="127.0.0.1", help="the client's address (default: %(default)s)")
    parser.add_argument("--all", action="store_true", help="also the rules that the index ruled out")
    parser.add_argument("--json", action="store_true", help="print the explanation as JSON")
    return parser


def _table(file: str) -> tuple[Table, Mapping[str, Pool], Settings]:
    """Clauses without an engine do not change which rule wins, so a file with them is explained all the same."""
    document, positions = parse(read_text(file))
    errors = errors_of(validate(document, positions))
    if any(problem.code != NOT_BUILT for problem in errors):
        raise Refused(errors)
    found = settings({"file": document.definitions})
    routed = routes(document.definitions, environment(document.definitions))
    table = Table.build([RouteSet("file", "file", routed)], merge_slashes=found.merge_slashes)
    return table, pools(document.definitions, routed), found


def facts_of(request: str, headers: list[str], ip: str, found: Settings) -> RequestFacts:
    """The request as the edge would see it, its path made normal in the same way."""
    method, _, url = request.strip().rpartition(" ")
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS or not parts.netloc:
        raise BadRequest(
            f'"{request}" is not a request; expected METHOD URL, such as GET http://api.example.com/'
        )
    fields = [_field(header) for header in headers]
    authority = next((value for name, value in fields if name.lower() == "host"), parts.netloc)
    try:
        host, port = normalise_authority(authority)
        path = normalise_path(parts.path or "/", found.merge_slashes)
    except (BadAuthority, BadPath) as error:
        raise BadRequest(f"the edge would answer 400: {error}") from None
    return RequestFacts(
        host,
        path,
        method.strip() or "GET",
        scheme=parts.scheme,
        port=port or DEFAULT_PORTS[parts.scheme],
        ip=ip,
        headers=fields,
        query=parts.query,
    )


def _field(header: str) -> tuple[str, str]:
    name, colon, value = header.partition(":")
    if not colon or not name.strip():
        raise BadRequest(f'"{header}" is not a header field; expected NAME: VALUE')
    return name.strip(), value.strip()
