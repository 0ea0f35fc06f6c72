"""``weir client``: OAuth clients: applications that ask ``weir auth`` for tokens."""

from __future__ import annotations

import argparse
import sys
from typing import Any, NamedTuple, get_args

import msgspec

from scripts.actions import Action, actions_parser, add_yes, agreed, run_action, said, seconds, words
from scripts.api_command import Mistake, show_json
from scripts.rule_files import read_text
from scripts.terminal.exit_codes import FINDINGS, FINE
from scripts.terminal.moments import ago, now_ms, span
from scripts.terminal.tables import cut, printable, table
from scripts.verbs.keys import until
from weir.api.auth_values import DAY_S, MAX_OVERLAP_S
from weir.api.initial_tokens import InitialToken, NewInitialToken
from weir.api.oauth_clients import (
    MadeOAuthClient,
    OAuthClient,
    OAuthClientBody,
    OAuthClientsQuery,
    SecretRotation,
)
from weir.client.client import Client
from weir.models.auth.records import ClientAuth, GrantType

HELP = "list, create, change and remove OAuth clients; rotate their secrets, revoke their tokens"
SHORT: dict[str, GrantType] = {
    "code": "authorization_code",
    "service": "client_credentials",
    "refresh": "refresh_token",
    "device": "urn:ietf:params:oauth:grant-type:device_code",
    "exchange": "urn:ietf:params:oauth:grant-type:token-exchange",
}
"""Grants as people type them."""


class Use(NamedTuple):
    grants: tuple[GrantType, ...]
    auth: ClientAuth


USES = {
    "service": Use((SHORT["service"],), "client_secret_basic"),
    "web": Use((SHORT["code"], SHORT["refresh"]), "client_secret_basic"),
    "app": Use((SHORT["code"], SHORT["refresh"]), "none"),
    "device": Use((SHORT["device"], SHORT["refresh"]), "none"),
}
"""What an application is: a service without a person; a web server; an app in a browser or on a phone; a command line
or a television."""


def run(arguments: list[str]) -> int:
    """0 done, 1 not confirmed, 2 refused, 4 somebody else changed it meanwhile."""
    return run_action("client", parser(), ACTIONS, arguments)


def parser() -> argparse.ArgumentParser:
    return actions_parser("client", "OAuth clients: applications that ask weir auth for tokens.", ACTIONS)


def list_all(client: Client, options: argparse.Namespace) -> int:
    query = OAuthClientsQuery(limit=500, q=options.find, consumer=options.consumer or None)
    clients = tuple(client.oauth_clients.every(query))
    if options.json:
        show_json({"items": clients})
    else:
        headings = ("ID", "NAME", "CONSUMER", "AUTHENTICATES", "GRANTS", "SCOPES", "STATE")
        print(table(headings, [row(each) for each in clients]))
    return FINE


def row(client: OAuthClient) -> tuple[str, ...]:
    return (
        client.client_id,
        cut(client.client_name, 30),
        client.consumer or "",
        client.token_endpoint_auth_method,
        " ".join(map(short_of, client.grant_types)),
        cut(client.scope, 40),
        "disabled" if client.disabled else "active",
    )


def short_of(grant: str) -> str:
    return next((short for short, whole in SHORT.items() if whole == grant), grant)


def create(client: Client, options: argparse.Namespace) -> int:
    use = USES[options.use]
    start = OAuthClientBody(
        client_name=options.name, grant_types=use.grants, token_endpoint_auth_method=options.auth or use.auth
    )
    return show_made(client.oauth_clients.create(changed(start, options)), options)


def change(client: Client, options: argparse.Namespace) -> int:
    """Only what is said; what somebody else changes at the same time makes this one stale."""
    before = client.oauth_clients.get(options.id)
    known = OAuthClientBody.__struct_fields__
    same = {name: getattr(before, name) for name in known}
    body = changed(msgspec.convert(same, OAuthClientBody), options)
    if options.name:
        body = msgspec.structs.replace(body, client_name=options.name)
    disabled = (before.disabled or options.disable) and not options.enable
    body = msgspec.structs.replace(body, disabled=disabled)
    after = client.oauth_clients.replace(options.id, body, if_match=before.etag)
    return said(options, after, f"client {after.client_id} is changed")


def changed(body: OAuthClientBody, options: argparse.Namespace) -> OAuthClientBody:
    """With what was said of it."""
    fields: dict[str, Any] = {}
    if options.consumer is not None:
        fields["consumer"] = options.consumer or None
    if options.grants is not None:
        fields["grant_types"] = tuple(SHORT.get(word, word) for word in words(options.grants))
    if options.redirect is not None:
        fields["redirect_uris"] = tuple(options.redirect)
    if options.after_logout is not None:
        fields["post_logout_redirect_uris"] = tuple(options.after_logout)
    if options.scopes is not None:
        fields["scope"] = " ".join(words(options.scopes))
    if options.audiences is not None:
        fields["audiences"] = words(options.audiences)
    if options.jwks:
        fields["jwks"] = keys_in(options.jwks)
    if options.access:
        fields["access_s"] = seconds(options.access, 60, DAY_S)
    if options.refresh:
        fields["refresh_s"] = seconds(options.refresh, 60, 365 * DAY_S)
    if options.tokens:
        fields["opaque"] = options.tokens == "opaque"
    if options.consent:
        fields["consent"] = options.consent == "yes"
    return msgspec.structs.replace(body, **fields)


def keys_in(file: str) -> dict[str, Any]:
    """Raises Mistake and Unreadable."""
    try:
        return msgspec.json.decode(read_text(file), type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise Mistake(f"{file} is no JSON Web Key Set: {error}") from error


def show(client: Client, options: argparse.Namespace) -> int:
    found = client.oauth_clients.get(options.id)
    if options.json:
        show_json(found)
    else:
        print("\n".join(lines(found, now_ms())))
    return FINE


def lines(client: OAuthClient, now: int) -> list[str]:
    facts = [
        ("client", f"{client.client_id} ({client.client_name})"),
        ("state", "disabled" if client.disabled else "active"),
        ("consumer", client.consumer or "none: only the token itself counts"),
        ("authenticates", client.token_endpoint_auth_method),
        ("grants", " ".join(map(short_of, client.grant_types))),
        ("scopes", client.scope or "none"),
        *(("redirects to", uri) for uri in client.redirect_uris),
        ("tokens", f"{'opaque' if client.opaque else 'JWT'}, for {span(client.access_s * 1000)}"),
        ("audiences", " ".join(client.audiences) or "the issuer"),
        ("consent", "users are asked" if client.consent else "users are not asked"),
        ("created", f"{ago(client.created_ms, now)} by {client.created_by}"),
    ]
    if client.previous_until_ms > now:
        facts.append(("old secret", f"good for another {span(client.previous_until_ms - now)}"))
    if client.not_before_ms:
        facts.append(("revoked", f"tokens from before {ago(client.not_before_ms, now)}"))
    return [f"{name:<15}{printable(text)}" for name, text in facts]


def rotate(client: Client, options: argparse.Namespace) -> int:
    rotation = SecretRotation(overlap_s=seconds(options.overlap, 0, MAX_OVERLAP_S))
    return show_made(client.oauth_clients.rotate_secret(options.id, rotation), options)


def revoke_tokens(client: Client, options: argparse.Namespace) -> int:
    done = client.oauth_clients.revoke_tokens(options.id)
    return said(options, done, f"tokens that client {options.id} has now are revoked")


def remove(client: Client, options: argparse.Namespace) -> int:
    found = client.oauth_clients.get(options.id)
    if not agreed(options, f"Remove the client {found.client_id} ({found.client_name}) and end its tokens?"):
        return FINDINGS
    client.oauth_clients.delete(found.client_id, if_match=found.etag)
    return said(options, {"removed": found.client_id}, f"client {found.client_id} is removed")


def show_made(made: MadeOAuthClient, options: argparse.Namespace) -> int:
    """The secret alone on standard output, so that it can go straight into a file or a variable."""
    if options.json:
        show_json(made)
        return FINE
    client = made.client
    if made.client_secret:
        print(made.client_secret)
        text = f"client_id {client.client_id}. The secret is not shown again."
    else:
        text = f"client_id {client.client_id}; it has no secret."
    print(printable(text), file=sys.stderr)
    return FINE


# Initial tokens


def invite(client: Client, options: argparse.Namespace) -> int:
    new = NewInitialToken(
        name=options.name,
        left=options.uses,
        expires_in_s=seconds(options.expires, 60, 90 * DAY_S),
        scopes=words(options.scopes),
    )
    made = client.initial_tokens.create(new)
    if options.json:
        show_json(made)
        return FINE
    print(made.secret)
    text = f"id {made.token.id}, for {made.token.left} registrations. It is not shown again."
    print(text, file=sys.stderr)
    return FINE


def invites(client: Client, options: argparse.Namespace) -> int:
    tokens = tuple(client.initial_tokens.every())
    if options.json:
        show_json({"items": tokens})
    else:
        now = now_ms()
        headings = ("ID", "NAME", "LEFT", "ENDS", "SCOPES", "MADE BY")
        print(table(headings, [invite_row(token, now) for token in tokens], right=(2,)))
    return FINE


def invite_row(token: InitialToken, now: int) -> tuple[str, ...]:
    return (
        token.id,
        token.name,
        str(token.left),
        until(token.expires_ms, now),
        cut(" ".join(token.scopes), 40),
        token.created_by,
    )


def uninvite(client: Client, options: argparse.Namespace) -> int:
    client.initial_tokens.revoke(options.id)
    return said(options, {"revoked": options.id}, f"initial token {options.id} is revoked")


# Arguments


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--consumer", default="", metavar="NAME", help="only of this one")
    parser.add_argument("--find", default="", metavar="TEXT", help="only those with this in id or name")


def _add_id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="its client_id")


def _add_new(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="users see it when they are asked for their consent")
    parser.add_argument(
        "--for",
        dest="use",
        choices=tuple(USES),
        default="service",
        help="what it is: a service without a person, a web server, an app in a browser or on a phone, a device or "
        "command line (default: %(default)s)",
    )
    parser.add_argument(
        "--auth",
        choices=get_args(ClientAuth),
        default="",
        help="how it authenticates (default: as --for has it)",
    )
    _add_fields(parser)


def _add_change(parser: argparse.ArgumentParser) -> None:
    _add_id(parser)
    parser.add_argument("--name", default="", help="another name")
    _add_fields(parser)
    parser.add_argument(
        "--disable", action="store_true", help="it gets no tokens, and its tokens are refused"
    )
    parser.add_argument("--enable", action="store_true", help="it may ask again")


def _add_fields(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--consumer", metavar="NAME", help="whom its tokens belong to at the edge")
    parser.add_argument("--grants", metavar="WORDS", help=f"with spaces between them: {' '.join(SHORT)}")
    parser.add_argument(
        "--redirect", metavar="URI", action="append", help="where users are sent back to; may be repeated"
    )
    parser.add_argument(
        "--after-logout", metavar="URI", action="append", help="where users may go after signing out"
    )
    parser.add_argument("--scopes", metavar="WORDS", help="what it may ask for at most")
    parser.add_argument(
        "--audiences", metavar="WORDS", help="whom its tokens may be for (default: the issuer)"
    )
    parser.add_argument("--jwks", default="", metavar="FILE", help="its public keys, for private_key_jwt")
    parser.add_argument("--tokens", choices=("jwt", "opaque"), default="", help="kind of its access tokens")
    parser.add_argument("--access", default="", metavar="TIME", help="life of an access token (default: 10m)")
    parser.add_argument("--refresh", default="", metavar="TIME", help="life of refresh tokens (default: 14d)")
    parser.add_argument("--consent", choices=("yes", "no"), default="", help="whether users are asked")


def _add_rotation(parser: argparse.ArgumentParser) -> None:
    _add_id(parser)
    parser.add_argument("--overlap", default="0s", metavar="TIME", help="how long the old one stays good too")


def _add_removal(parser: argparse.ArgumentParser) -> None:
    _add_id(parser)
    add_yes(parser)


def _add_invitation(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", default="", help="who gets it")
    parser.add_argument(
        "--uses", type=int, default=1, metavar="N", help="registrations (default: %(default)s)"
    )
    parser.add_argument("--expires", default="24h", metavar="TIME", help="at most 90d (default: %(default)s)")
    parser.add_argument(
        "--scopes", default="", metavar="WORDS", help="what those clients may ask for at most"
    )


def _add_invited(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="as weir client invites shows it")


ACTIONS = (
    Action("list", "ids, names, grants, scopes", "Lists OAuth clients.", list_all, _add_filters),
    Action(
        "create", "register one", "Registers a client and prints its secret, this once.", create, _add_new
    ),
    Action("show", "what is known of one", "Shows what is known of a client.", show, _add_id),
    Action("set", "change one", "Changes what is said, and leaves the rest.", change, _add_change),
    Action(
        "rotate",
        "make another secret",
        "Makes another secret and prints it, this once.",
        rotate,
        _add_rotation,
    ),
    Action(
        "revoke-tokens",
        "revoke all tokens that it has",
        "Revokes all tokens that a client has; it may ask for new ones.",
        revoke_tokens,
        _add_id,
    ),
    Action("remove", "remove one", "Removes a client and ends its tokens.", remove, _add_removal),
    Action(
        "invite",
        "make an initial token",
        "Makes a token with which clients register themselves (RFC 7591), and prints it, this once.",
        invite,
        _add_invitation,
    ),
    Action("invites", "list initial tokens", "Lists initial tokens.", invites),
    Action("uninvite", "revoke an initial token", "Ends an initial token at once.", uninvite, _add_invited),
)
