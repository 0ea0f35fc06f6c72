"""Foreign issuers: registered, changed, removed, looked at."""

from __future__ import annotations

import msgspec

from admin_api.call import Answer, Call, Handler
from admin_api.issuers.check import check as looked_at
from admin_api.kept import What, one, page, remove, write
from admin_api.names import checked
from admin_api.problems import Refusal
from weir.api.auth_values import IssuerName
from weir.api.issuers import IssuerBody, IssuerCheck, IssuerPage, issuer_of
from weir.models.auth.issuer_urls import problem_of
from weir.models.auth.records import Issuer
from weir.models.problem import Problem
from weir.store.records import Kept

ISSUER = What("issuer", "issuer")


def list_all(call: Call) -> Answer:
    kept, following = page(call.services.accounts.issuers, call.query, lambda issuer: issuer.name)
    return Answer(IssuerPage(items=tuple(issuer_of(*each) for each in kept), next=following))


def get(call: Call) -> Answer:
    return _answer(one(call.services.accounts.issuers, call.path["name"], ISSUER))


def replace(call: Call) -> Answer:
    accounts = call.services.accounts
    name, body = checked(call.path["name"], IssuerName), call.body
    check_urls(body)
    _check_unique(call, name, body.url)
    now_ms = accounts.now_ms()

    def make(before: Issuer | None) -> Issuer:
        if before is None:
            author = call.identity.name[:256]
            before = Issuer(name=name, url=body.url, created_ms=now_ms, created_by=author)
        return msgspec.structs.replace(
            before,
            url=body.url,
            jwks_uri=body.jwks_uri or "",
            algorithms=tuple(dict.fromkeys(body.algorithms)),
            consumer_claim=body.consumer_claim,
            scope_claim=body.scope_claim,
            disabled=body.disabled,
        )

    kept = write(call, accounts.issuers, name, ISSUER, make)
    return _answer(kept, {"url": body.url[:256]})


def delete(call: Call) -> Answer:
    remove(call, call.services.accounts.issuers, call.path["name"], ISSUER)
    return Answer()


def check(call: Call) -> Answer:
    body: IssuerCheck = call.body
    return Answer(looked_at(body.url, body.jwks_uri or ""))


def check_urls(body: IssuerBody) -> None:
    """Raises Refusal."""
    problems = []
    if problem := problem_of(body.url):
        problems.append(Problem("invalid-url", f"`url` {problem}", path="url"))
    if body.jwks_uri and (problem := problem_of(body.jwks_uri, query=True)):
        problems.append(Problem("invalid-url", f"`jwks_uri` {problem}", path="jwks_uri"))
    if not body.scope_claim:
        problems.append(Problem("invalid-claim", "`scope_claim` names no claim", path="scope_claim"))
    if problems:
        raise Refusal(422, problems[0].code, f"{problems[0].message}.", errors=problems)


def _check_unique(call: Call, name: str, url: str) -> None:
    """Two records for one ``iss`` would contradict each other. There are at most 100."""
    others, _ = call.services.accounts.issuers.page(limit=1000)
    for other in others:
        if other.record.url == url and other.record.name != name:
            raise Refusal(409, "taken", f'The issuer "{other.record.name}" has this URL already.')


def _answer(kept: Kept[Issuer], told: dict[str, str] | None = None) -> Answer:
    return Answer(issuer_of(kept.record, kept.etag), etag=kept.etag, audit=told or {})


HANDLERS: dict[str, Handler] = {
    "issuers.list": list_all,
    "issuers.get": get,
    "issuers.replace": replace,
    "issuers.delete": delete,
    "issuers.check": check,
}
