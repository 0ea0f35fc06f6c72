"""Verifiers out of the store: the credential and its consumer, read in one step with the number of the newest change.

That number is what a reader compares with changes that it hears of meanwhile: a verifier of seq 7 says nothing of
change 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from weir.models.auth.records import ApiKey, BasicLogin, Consumer, HmacKey, OAuthClient
from weir.models.auth.verifier import Verifier, VerifierKind
from weir.store.connect import Session
from weir.store.keys import Keys
from weir.store.oauth.opaque import OpaqueToken, read_opaque
from weir.store.record_bytes import decode_record, is_id
from weir.store.record_kinds import BASICS, CLIENTS, CONSUMERS, HMACS, KEYS, Kind
from weir.store.scripts import Value, run_script

MAX_READ = 500
"""Verifiers of one script call."""
_KINDS: dict[str, Kind[Any]] = {
    "key": KEYS,
    "basic": BASICS,
    "hmac": HMACS,
    "client": CLIENTS,
    "consumer": CONSUMERS,
}

Credential: TypeAlias = ApiKey | BasicLogin | HmacKey | OAuthClient | Consumer


class Named(NamedTuple):
    """Which verifier."""

    kind: VerifierKind
    id: str


def read_verifier(session: Session, keys: Keys, kind: VerifierKind, id_: str) -> tuple[Verifier | None, int]:
    """None: there is none, or its consumer or client is gone. Raises StoreAway and StoreError."""
    found, seq = read_verifiers(session, keys, [Named(kind, id_)])
    return found[0], seq


def read_verifiers(
    session: Session, keys: Keys, wanted: Sequence[Named]
) -> tuple[list[Verifier | None], int]:
    """In the order of ``wanted``, at most 500, all of one moment. Raises StoreAway and StoreError."""
    if len(wanted) > MAX_READ:
        raise ValueError(f"{len(wanted)} verifiers are wanted at once; {MAX_READ} can be read")
    # What can be no id, such as a claim of a foreign token, is asked for as the empty one, which nothing has.
    flat: list[Value] = [
        text for named in wanted for text in (named.kind, named.id if is_id(named.id) else "")
    ]
    seq, *rows = run_script(
        session,
        "verifiers_read",
        head=keys.head(),
        consumers=keys.records(CONSUMERS.name),
        keys=keys.records(KEYS.name),
        basics=keys.records(BASICS.name),
        hmacs=keys.records(HMACS.name),
        clients=keys.records(CLIENTS.name),
        opaque=keys.opaque_tokens(),
        most=MAX_READ,
        wanted=flat,
    )
    found = [
        _verifier(named, record, client, consumer)
        for named, record, client, consumer in zip(wanted, rows[::3], rows[1::3], rows[2::3], strict=True)
    ]
    return found, int(seq)


def _verifier(named: Named, record: bytes, client: bytes, consumer: bytes) -> Verifier | None:
    if not record:
        return None
    owner = decode_record(CONSUMERS, consumer) if consumer else None
    if named.kind == "opaque":
        issued_to = decode_record(CLIENTS, client) if client else None
        return verifier_of_token(read_opaque(record), issued_to, owner)
    return verifier_of(named, decode_record(_KINDS[named.kind], record), owner)


def verifier_of(named: Named, credential: Credential, consumer: Consumer | None) -> Verifier | None:
    """What a node needs of both. None where the credential says whose it is, and there is no such consumer."""
    if isinstance(credential, Consumer):
        consumer, owner = credential, credential.name
    else:
        owner = credential.consumer
    if consumer is None and owner:
        return None
    return Verifier(
        kind=named.kind,
        id=named.id,
        secret=_secret(credential),
        consumer=owner,
        tags=consumer.tags if consumer else (),
        scopes=_scopes(credential, consumer),
        expires_ms=credential.expires_ms if isinstance(credential, ApiKey | HmacKey) else 0,
        enabled=not credential.disabled and not (consumer and consumer.disabled),
        not_before_ms=credential.not_before_ms if isinstance(credential, OAuthClient) else 0,
    )


def verifier_of_token(
    token: OpaqueToken, client: OAuthClient | None, consumer: Consumer | None
) -> Verifier | None:
    """None where its client is gone or has revoked it, or the client's consumer is gone."""
    if client is None or token.created_ms < client.not_before_ms:
        return None
    of_client = verifier_of(Named("client", client.id), client, consumer)
    if of_client is None:
        return None
    return Verifier(
        kind="opaque",
        id=token.id,
        secret=token.hash,
        consumer=of_client.consumer,
        tags=of_client.tags,
        scopes=token.scopes,
        expires_ms=token.expires_ms,
        enabled=of_client.enabled,
        not_before_ms=of_client.not_before_ms,
        subject=token.subject,
        client=token.client,
        audiences=token.audiences,
    )


def _secret(credential: Credential) -> str:
    match credential:
        case ApiKey():
            return credential.hash
        case BasicLogin():
            return credential.password
        case HmacKey():
            return credential.sealed.decode("latin-1")
        case _:
            return ""


def _scopes(credential: Credential, consumer: Consumer | None) -> tuple[str, ...]:
    """A key never has more than its consumer has now; a token says its own."""
    if consumer is None or isinstance(credential, OAuthClient):
        return ()
    if isinstance(credential, ApiKey) and credential.scopes is not None:
        return tuple(scope for scope in credential.scopes if scope in consumer.scopes)
    return consumer.scopes
