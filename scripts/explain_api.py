"""``weir explain`` without ``--file``: the API explains, against what is served, a version or a draft."""

from __future__ import annotations

import argparse
import sys

from scripts.api_command import Mistake, show_json, with_api
from scripts.rule_files import read_text, shown
from scripts.terminal.exit_codes import FINDINGS, FINE
from scripts.terminal.tables import printable
from scripts.verbs.versions import number_of
from weir.api.explain import DescribedRequest, Draft, Question
from weir.client.client import Client
from weir.routing.described import BadRequest, fields_of


def run(options: argparse.Namespace) -> int:
    """0 where a rule answers, 1 where none does."""
    options.source = shown(options.draft) if options.draft else ""
    options.without = "; weir explain --file FILE needs none"
    return with_api("explain", options, ask)


def ask(client: Client, options: argparse.Namespace) -> int:
    explained = client.questions.explain(question_of(options))
    if options.json:
        show_json(explained)
    else:
        if not options.draft:
            print(f"version {explained.number}", file=sys.stderr)
        print("\n".join(printable(line) for line in explained.text.splitlines()))
    return FINDINGS if explained.explanation.winner is None else FINE


def question_of(options: argparse.Namespace) -> Question:
    draft = Draft(owner=options.owner, text=read_text(options.draft)) if options.draft else None
    version = number_of(options.version) if options.version else None
    if options.curl:
        if options.request or options.header:
            raise Mistake("--curl has the whole request; leave the request and -H away")
        curl = read_text("-") if options.curl == "-" else options.curl
        return Question(
            curl=curl,
            ip=options.ip,
            consumer=options.consumer,
            tags=tuple(options.tag),
            version=version,
            draft=draft,
            all=options.all,
        )
    if not options.request:
        raise Mistake("which request? weir explain GET http://api.example.com/, or --curl")
    method, _, url = options.request.strip().rpartition(" ")
    try:
        headers = tuple((name, value) for name, value in fields_of(options.header))
    except BadRequest as error:
        raise Mistake(str(error)) from error
    request = DescribedRequest(method=method.strip() or "GET", url=url, headers=headers)
    return Question(
        request=request,
        ip=options.ip,
        consumer=options.consumer,
        tags=tuple(options.tag),
        version=version,
        draft=draft,
        all=options.all,
    )
