"""``oauth-clients``, and the initial tokens with which clients register themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import msgspec

from weir.api.initial_tokens import InitialToken, InitialTokenPage, MadeInitialToken, NewInitialToken
from weir.api.oauth_clients import (
    MadeOAuthClient,
    OAuthClient,
    OAuthClientBody,
    OAuthClientPage,
    OAuthClientsQuery,
    RevokedTokens,
    SecretRotation,
)
from weir.api.operation import Page
from weir.client.calls import Calls
from weir.client.pages import every


class OAuthClients:
    """What is not there is ``Missing``."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self, query: OAuthClientsQuery | None = None) -> OAuthClientPage:
        return cast(OAuthClientPage, self._calls.call("oauth-clients.list", query=query).result)

    def every(self, query: OAuthClientsQuery | None = None) -> Iterator[OAuthClient]:
        asked = query or OAuthClientsQuery(limit=500)
        return every(lambda cursor: self.list(msgspec.structs.replace(asked, cursor=cursor)))

    def get(self, identity: str) -> OAuthClient:
        return cast(OAuthClient, self._calls.call("oauth-clients.get", path={"id": identity}).result)

    def create(self, body: OAuthClientBody) -> MadeOAuthClient:
        return cast(MadeOAuthClient, self._calls.call("oauth-clients.create", body=body).result)

    def replace(self, identity: str, body: OAuthClientBody, *, if_match: str) -> OAuthClient:
        """``if_match`` is the etag of what was read, ``*`` for whatever is there. Raises Stale and Refused."""
        return cast(
            OAuthClient,
            self._calls.call(
                "oauth-clients.replace", path={"id": identity}, body=body, if_match=if_match
            ).result,
        )

    def delete(self, identity: str, *, if_match: str) -> None:
        self._calls.call("oauth-clients.delete", path={"id": identity}, if_match=if_match)

    def rotate_secret(self, identity: str, rotation: SecretRotation | None = None) -> MadeOAuthClient:
        return cast(
            MadeOAuthClient,
            self._calls.call("oauth-clients.rotate_secret", path={"id": identity}, body=rotation).result,
        )

    def revoke_tokens(self, identity: str) -> RevokedTokens:
        return cast(
            RevokedTokens, self._calls.call("oauth-clients.revoke_tokens", path={"id": identity}).result
        )


class InitialTokens:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self, query: Page | None = None) -> InitialTokenPage:
        return cast(InitialTokenPage, self._calls.call("initial-tokens.list", query=query).result)

    def every(self) -> Iterator[InitialToken]:
        return every(lambda cursor: self.list(Page(limit=500, cursor=cursor)))

    def create(self, new: NewInitialToken | None = None) -> MadeInitialToken:
        return cast(MadeInitialToken, self._calls.call("initial-tokens.create", body=new).result)

    def revoke(self, identity: str) -> None:
        self._calls.call("initial-tokens.revoke", path={"id": identity})
