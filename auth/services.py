"""What endpoints and grants work with, made once by whoever builds the application; one attribute for each part."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import msgspec
from prometheus_client import CollectorRegistry

from auth.clients.authenticate import ClientAuthentication
from auth.metrics import AuthMetrics
from auth.people.services import PeopleServices, people_services
from auth.signing.signing_keys import SigningKeys
from auth.tokens.issue import Tokens
from auth.tokens.read import TokenReader
from weir.models.auth.records import Consumer, OAuthClient, User
from weir.secrets.ring import KeyRing
from weir.serving.hosts import Hosts
from weir.store.connect import Client
from weir.store.keys import Keys
from weir.store.oauth.assertions import Assertions
from weir.store.oauth.families import Families
from weir.store.oauth.opaque import OpaqueTokens
from weir.store.oauth.registration import Registration
from weir.store.record_kinds import CLIENTS, CONSUMERS, USERS
from weir.store.records import Records
from weir.store.revoked import Revoked
from weir.store.signing import SigningStore


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """By which names this server is known."""

    issuer: str
    """``iss``, and what every address in the metadata begins with; no slash at the end."""
    hosts: Hosts
    proxies: tuple[str, ...] = ()
    """Whose X-Forwarded-For is believed."""


@dataclass(frozen=True, kw_only=True)
class Services:
    """Shared by all greenlets of a worker. Nothing here is the truth: that is in the store."""

    client: Client
    keys: Keys
    ring: KeyRing
    site: Site
    clients: Records[OAuthClient]
    consumers: Records[Consumer]
    users: Records[User]
    registration: Registration
    revoked: Revoked
    families: Families
    opaque: OpaqueTokens
    signing: SigningKeys
    authentication: ClientAuthentication
    tokens: Tokens
    """Makes them."""
    reader: TokenReader
    """Reads them back."""
    people: PeopleServices
    """Who signs in here, and the pages for them."""
    metrics: AuthMetrics
    stopping: threading.Event
    """Set when this worker begins to stop."""

    @property
    def issuer(self) -> str:
        return self.site.issuer


def services_of(
    client: Client,
    keys: Keys,
    ring: KeyRing,
    site: Site,
    *,
    rotation_s: float,
    stopping: threading.Event | None = None,
    metrics: AuthMetrics | None = None,
) -> Services:
    """Connects to nothing yet. Without ``metrics`` nobody sees what is counted."""
    counted = metrics or AuthMetrics(CollectorRegistry())
    clients, consumers = Records(client, keys, CLIENTS), Records(client, keys, CONSUMERS)
    users = Records(client, keys, USERS)
    families, opaque, revoked = Families(client, keys), OpaqueTokens(client, keys), Revoked(client, keys)
    signing = SigningKeys(SigningStore(client, keys), ring, site.issuer, rotation_s)
    return Services(
        client=client,
        keys=keys,
        ring=ring,
        site=site,
        clients=clients,
        consumers=consumers,
        users=users,
        registration=Registration(client, keys),
        revoked=revoked,
        families=families,
        opaque=opaque,
        signing=signing,
        authentication=ClientAuthentication(
            clients, consumers, Assertions(client, keys), client, keys, site.issuer
        ),
        tokens=Tokens(signing, families, opaque, site.issuer),
        reader=TokenReader(signing, families, opaque, revoked, clients, consumers),
        people=people_services(client, keys, users, site.issuer, counted, secure=site.hosts.secure),
        metrics=counted,
        stopping=stopping or threading.Event(),
    )
