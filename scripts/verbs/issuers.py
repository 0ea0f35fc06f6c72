"""``weir issuer``: foreign authorization servers whose tokens rules may ask for."""

from __future__ import annotations

import argparse
import sys
from typing import Any

import msgspec

from scripts.actions import Action, actions_parser, add_yes, agreed, run_action, said, words
from scripts.api_command import Mistake, show_json
from scripts.terminal.exit_codes import FINDINGS, FINE
from scripts.terminal.moments import ago, now_ms
from scripts.terminal.tables import printable, table
from weir.api.issuers import Issuer, IssuerBody, IssuerFindings
from weir.client.client import Client
from weir.client.errors import NotAllowed

HELP = "add, list, check and remove foreign authorization servers"


def run(arguments: list[str]) -> int:
    """0 done, 1 not confirmed, or tokens of it cannot be verified, 2 refused, 4 somebody else changed it meanwhile."""
    return run_action("issuer", parser(), ACTIONS, arguments)


def parser() -> argparse.ArgumentParser:
    return actions_parser(
        "issuer", "Foreign issuers: Keycloak, Auth0, Entra, another Weir; their tokens, your rules.", ACTIONS
    )


def add(client: Client, options: argparse.Namespace) -> int:
    body = changed(IssuerBody(url=options.issuer), options)
    if not options.no_check:
        findings = looked_at(client, body.url, body.jwks_uri)
        if findings is not None and not findings.ok:
            print(
                printable(f"weir issuer: {findings.problem} Nothing was added; --no-check adds it."),
                file=sys.stderr,
            )
            return FINDINGS
    issuer = client.issuers.create(options.name, body)
    return said(options, issuer, f"issuer {issuer.name} is there; nodes fetch its keys")


def looked_at(client: Client, url: str, jwks_uri: str | None) -> IssuerFindings | None:
    """None where the token may not ask that."""
    try:
        return client.issuers.check(url, jwks_uri)
    except NotAllowed as error:
        if error.status != 403:
            raise
        print("weir issuer: not looked at: that needs the role admin", file=sys.stderr)
        return None


def list_all(client: Client, options: argparse.Namespace) -> int:
    issuers = tuple(client.issuers.every())
    if options.json:
        show_json({"items": issuers})
    else:
        headings = ("NAME", "URL", "KEYS", "CONSUMER BY", "SCOPES IN", "STATE")
        print(table(headings, [row(issuer) for issuer in issuers]))
    return FINE


def row(issuer: Issuer) -> tuple[str, ...]:
    return (
        issuer.name,
        issuer.url,
        issuer.jwks_uri or "by discovery",
        issuer.consumer_claim or "none",
        issuer.scope_claim,
        "disabled" if issuer.disabled else "active",
    )


def show(client: Client, options: argparse.Namespace) -> int:
    issuer = client.issuers.get(options.name)
    if options.json:
        show_json(issuer)
    else:
        print("\n".join(lines(issuer, now_ms())))
    return FINE


def lines(issuer: Issuer, now: int) -> list[str]:
    facts = [
        ("issuer", issuer.name),
        ("state", "disabled" if issuer.disabled else "active"),
        ("url", issuer.url),
        ("keys", issuer.jwks_uri or "by discovery"),
        ("algorithms", " ".join(issuer.algorithms)),
        ("consumer by", f"claim {issuer.consumer_claim}" if issuer.consumer_claim else "none"),
        ("scopes in", f"claim {issuer.scope_claim}"),
        ("created", f"{ago(issuer.created_ms, now)} by {issuer.created_by}"),
    ]
    return [f"{name:<13}{printable(text)}" for name, text in facts]


def change(client: Client, options: argparse.Namespace) -> int:
    """Only what is said; what somebody else changes at the same time makes this one stale."""
    before = client.issuers.get(options.name)
    same = {name: getattr(before, name) for name in IssuerBody.__struct_fields__}
    body = changed(msgspec.convert(same, IssuerBody), options)
    disabled = (before.disabled or options.disable) and not options.enable
    body = msgspec.structs.replace(body, disabled=disabled, url=options.issuer or body.url)
    issuer = client.issuers.replace(options.name, body, if_match=before.etag)
    return said(options, issuer, f"issuer {issuer.name} is changed")


def changed(body: IssuerBody, options: argparse.Namespace) -> IssuerBody:
    """With what was said of it. Raises Mistake."""
    fields: dict[str, Any] = {}
    if options.jwks_uri is not None:
        fields["jwks_uri"] = options.jwks_uri or None
    if options.consumer_claim is not None:
        fields["consumer_claim"] = options.consumer_claim
    if options.scope_claim is not None:
        fields["scope_claim"] = options.scope_claim
    if options.algorithms is not None:
        fields["algorithms"] = words(options.algorithms)
    try:
        return msgspec.convert(msgspec.structs.asdict(msgspec.structs.replace(body, **fields)), IssuerBody)
    except msgspec.ValidationError as error:
        raise Mistake(str(error)) from error


def check(client: Client, options: argparse.Namespace) -> int:
    if "://" in options.name:
        url, jwks_uri = options.name, options.jwks_uri
    else:
        issuer = client.issuers.get(options.name)
        url, jwks_uri = issuer.url, options.jwks_uri or issuer.jwks_uri
    findings = client.issuers.check(url, jwks_uri)
    if options.json:
        show_json(findings)
    else:
        print("\n".join(finding_lines(findings)))
    return FINE if findings.ok else FINDINGS


def finding_lines(findings: IssuerFindings) -> list[str]:
    facts = [("metadata", findings.metadata_url), ("keys at", findings.jwks_uri)]
    facts += [("key", f"{key.kid or '(no kid)'} {key.kty} {key.alg}".rstrip()) for key in findings.keys]
    found = [f"{name:<10}{printable(text)}" for name, text in facts if text]
    verdict = "tokens of it can be verified" if findings.ok else findings.problem
    return [*found, printable(f"{verdict} ({findings.milliseconds} ms)")]


def remove(client: Client, options: argparse.Namespace) -> int:
    issuer = client.issuers.get(options.name)
    if not agreed(options, f"Remove the issuer {issuer.name} ({issuer.url})?"):
        return FINDINGS
    client.issuers.delete(issuer.name, if_match=issuer.etag)
    return said(options, {"removed": issuer.name}, f"issuer {issuer.name} is removed")


# Arguments


def _add_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="how it is called here")


def _add_new(parser: argparse.ArgumentParser) -> None:
    _add_name(parser)
    parser.add_argument(
        "issuer", metavar="ISSUER", help="iss of its tokens, exactly: https, or http on this machine"
    )
    _add_fields(parser)
    parser.add_argument("--no-check", action="store_true", help="do not look whether it answers")


def _add_fields(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jwks-uri", metavar="ADDRESS", help="where its keys are (default: by discovery)")
    parser.add_argument("--algorithms", metavar="WORDS", help="of signatures, with spaces between them")
    parser.add_argument(
        "--consumer-claim", metavar="CLAIM", help="claim whose value names a consumer, such as azp"
    )
    parser.add_argument(
        "--scope-claim", metavar="CLAIM", help="claim with the scopes: scope, scp, permissions"
    )


def _add_change(parser: argparse.ArgumentParser) -> None:
    _add_name(parser)
    parser.add_argument("--issuer", default="", metavar="ISSUER", help="another iss")
    _add_fields(parser)
    parser.add_argument("--disable", action="store_true", help="its tokens are refused")
    parser.add_argument("--enable", action="store_true", help="its tokens are accepted again")


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="of a registered one, or an address")
    parser.add_argument("--jwks-uri", metavar="ADDRESS", help="where its keys are (default: by discovery)")


def _add_removal(parser: argparse.ArgumentParser) -> None:
    _add_name(parser)
    add_yes(parser)


ACTIONS = (
    Action("add", "register one", "Looks at an issuer and registers it.", add, _add_new),
    Action("list", "names, addresses, claims", "Lists foreign issuers.", list_all),
    Action("show", "what is known of one", "Shows what is known of an issuer.", show, _add_name),
    Action("set", "change one", "Changes what is said, and leaves the rest.", change, _add_change),
    Action(
        "check",
        "say whether its tokens can be verified",
        "Fetches an issuer's metadata and keys through the admin API, and says what it found.",
        check,
        _add_check,
    ),
    Action(
        "remove",
        "remove one",
        "Removes an issuer; rules naming it go on by the defaults.",
        remove,
        _add_removal,
    ),
)
