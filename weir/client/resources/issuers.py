"""``issuers``: foreign authorization servers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from weir.api.issuers import Issuer, IssuerBody, IssuerCheck, IssuerFindings, IssuerPage
from weir.api.operation import Page
from weir.client.calls import Calls
from weir.client.pages import every


class Issuers:
    """What is not there is ``Missing``."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self, query: Page | None = None) -> IssuerPage:
        return cast(IssuerPage, self._calls.call("issuers.list", query=query).result)

    def every(self) -> Iterator[Issuer]:
        return every(lambda cursor: self.list(Page(limit=500, cursor=cursor)))

    def get(self, name: str) -> Issuer:
        return cast(Issuer, self._calls.call("issuers.get", path={"name": name}).result)

    def create(self, name: str, body: IssuerBody) -> Issuer:
        """Refused where there is one of that name."""
        return cast(
            Issuer,
            self._calls.call("issuers.replace", path={"name": name}, body=body, if_none_match=True).result,
        )

    def replace(self, name: str, body: IssuerBody, *, if_match: str) -> Issuer:
        """``if_match`` is the etag of what was read, ``*`` for whatever is there. Raises Stale and Refused."""
        return cast(
            Issuer,
            self._calls.call("issuers.replace", path={"name": name}, body=body, if_match=if_match).result,
        )

    def delete(self, name: str, *, if_match: str) -> None:
        self._calls.call("issuers.delete", path={"name": name}, if_match=if_match)

    def check(self, url: str, jwks_uri: str | None = None) -> IssuerFindings:
        """The API fetches from there; it takes some seconds at most."""
        body = IssuerCheck(url=url, jwks_uri=jwks_uri)
        return cast(IssuerFindings, self._calls.call("issuers.check", body=body).result)
