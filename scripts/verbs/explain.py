"""``weir explain``: which rule of a file a request meets, and why."""

from __future__ import annotations

import argparse
import importlib
import sys

import msgspec

from scripts.access_flags import add_access, add_owner
from scripts.rule_files import Unreadable, read_text, shown
from weir.models.problem import Refused, errors_of
from weir.routing.described import BadRequest, Configuration, Described, explain_request, fields_of
from weir.routing.explain import explain_text
from weir.routing.table import RouteSet, Table
from weir.routing.validate import NOT_BUILT, validate
from weir.rules.defaults import settings
from weir.rules.parser import parse
from weir.rules.pools import pools
from weir.rules.resolve import environment, routes

HELP = "say which rule a request meets, and why"


def run(arguments: list[str]) -> int:
    """0 where a rule answers, 1 where none does, 2 where the file or the request cannot be read."""
    options = parser().parse_args(arguments)
    options.request = " ".join(options.request)
    if not options.file:
        # The client of the API is only loaded where it is needed.
        api = importlib.import_module("scripts.explain_api")
        return int(api.run(options))
    try:
        if options.curl or not options.request:
            raise BadRequest("with --file, the request is given as METHOD URL")
        request = described(options.request, options.header, options.ip)
        request = request._replace(consumer=options.consumer, tags=tuple(options.tag))
        explanation = explain_request(_configuration(options.file), request, all=options.all)
    except Refused as refused:
        for problem in refused.problems:
            print(problem.text(shown(options.file)), file=sys.stderr)
        return 2
    except (Unreadable, BadRequest) as error:
        print(f"weir explain: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(msgspec.json.encode(explanation).decode())
    else:
        print(explain_text(explanation))
    return int(explanation.winner is None)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="weir explain",
        description="Says which rule a request meets, and why: of a file (--file), or of what the admin API serves.",
    )
    made.add_argument(
        "request",
        nargs="*",
        metavar="REQUEST",
        help="such as GET 'http://api.example.com/orders/7?page=2'; GET if no method is given",
    )
    made.add_argument(
        "--file", default="", metavar="FILE", help="a .weir file; - is standard input. Needs no API"
    )
    made.add_argument(
        "--curl",
        default="",
        metavar="COMMAND",
        help="the request as a curl command, as browsers copy it; - reads it",
    )
    made.add_argument("--version", default="", metavar="N", help="against an earlier version")
    made.add_argument("--draft", default="", metavar="FILE", help="as if this file were published")
    add_owner(made, "whose configuration --draft is (default: %(default)s)")
    made.add_argument(
        "-H", "--header", action="append", default=[], help="a header field, such as 'X-User: 7'; repeatable"
    )
    made.add_argument("--ip", default="127.0.0.1", help="the client's address (default: %(default)s)")
    made.add_argument(
        "--consumer",
        default="",
        metavar="NAME",
        help="who calls, for limits by consumer (nothing is checked)",
    )
    made.add_argument(
        "--tag", action="append", default=[], help="a tag of the consumer, for limits by tag; repeatable"
    )
    made.add_argument("--all", action="store_true", help="also the rules that the index ruled out")
    made.add_argument("--json", action="store_true", help="print the explanation as JSON")
    add_access(made)
    return made


def _configuration(file: str) -> Configuration:
    """Clauses without an engine do not change which rule wins, so a file with them is explained all the same."""
    document, positions = parse(read_text(file))
    errors = errors_of(validate(document, positions))
    if any(problem.code != NOT_BUILT for problem in errors):
        raise Refused(errors)
    found = settings({"file": document.definitions})
    routed = routes(document.definitions, environment(document.definitions))
    table = Table.build([RouteSet("file", "file", routed)], merge_slashes=found.merge_slashes)
    return Configuration(table, {"file": pools(document.definitions, routed)}, found)


def described(request: str, headers: list[str], ip: str) -> Described:
    """METHOD URL, or a URL alone. Raises BadRequest."""
    method, _, url = request.strip().rpartition(" ")
    return Described(method.strip() or "GET", url, fields_of(headers), ip)
