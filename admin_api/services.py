"""What handlers work with, made once by whoever builds the application; one attribute for each part."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from admin_api.accounts import Accounts, accounts_of
from admin_api.checker import Checker, checkers
from admin_api.documents import Documents
from admin_api.live.cluster import read_cluster
from admin_api.live.present import present_of
from admin_api.live.watching import Watching
from admin_api.tables import Tables
from weir.models.document import Owner
from weir.secrets.ring import KeyRing
from weir.store.access_tokens import AccessTokens
from weir.store.audit import Audit
from weir.store.connect import Client
from weir.store.drains import Drains
from weir.store.feed import Feed
from weir.store.keys import Keys
from weir.store.live import Live
from weir.store.login_links import LoginLinks
from weir.store.login_throttle import LoginThrottle
from weir.store.nodes import Nodes
from weir.store.publish import Publisher
from weir.store.samples import Samples
from weir.store.sessions import Sessions
from weir.store.usage_read import Usage
from weir.store.versions import Versions


@dataclass(frozen=True, kw_only=True)
class Services:
    """Shared by all greenlets of a worker. Nothing here is the truth: that is in the store."""

    client: Client
    counters: Client
    """Where nodes count together; the same as ``client`` unless ``--redis-counters`` was given."""
    keys: Keys
    versions: Versions
    publisher: Publisher
    nodes: Nodes
    feed: Feed
    tokens: AccessTokens
    sessions: Sessions
    links: LoginLinks
    throttle: LoginThrottle
    audit: Audit
    accounts: Accounts
    """Consumers, credentials, OAuth clients, users, issuers."""
    usage: Usage
    """Of the server of the counters, as ``samples``."""
    samples: Samples
    documents: Documents
    """Parsed configurations, by chunk."""
    checkers: Mapping[Owner, Checker]
    """Of writes; who only tries a draft waits for others who do, and no writer for them."""
    drafts: Mapping[Owner, Checker]
    tables: Tables
    drains: Drains
    live: Live
    """What nodes say of the present."""
    watching: Watching
    """What event streams share."""
    stopping: threading.Event
    """Set when this worker begins to stop: streams end then."""
    secure_cookies: bool = False
    """People reach the API by https."""


def services_of(
    client: Client,
    keys: Keys,
    counters: Client | None = None,
    *,
    secure_cookies: bool = False,
    stopping: threading.Event | None = None,
    ring: KeyRing | None = None,
) -> Services:
    """Connects to nothing yet."""
    versions = Versions(client, keys)
    documents = Documents(versions)
    nodes, feed, live = Nodes(client, keys), Feed(client, keys), Live(counters or client, keys)
    return Services(
        client=client,
        counters=counters or client,
        keys=keys,
        versions=versions,
        publisher=Publisher(client, keys),
        nodes=nodes,
        feed=feed,
        tokens=AccessTokens(client, keys),
        sessions=Sessions(client, keys),
        links=LoginLinks(client, keys),
        throttle=LoginThrottle(client, keys),
        audit=Audit(client, keys),
        accounts=accounts_of(client, keys, ring),
        usage=Usage(counters or client, keys),
        samples=Samples(counters or client, keys),
        documents=documents,
        checkers=checkers(),
        drafts=checkers(),
        tables=Tables(documents),
        drains=Drains(client, keys),
        live=live,
        watching=Watching(feed, lambda: present_of(read_cluster(versions, nodes, live), live.ejected())),
        stopping=stopping or threading.Event(),
        secure_cookies=secure_cookies,
    )
